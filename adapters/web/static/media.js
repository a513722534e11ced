// Pictures, sounds and files of a message.

function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

export function formatSize(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  const [size, unit] = bytes < 1e6 ? [bytes / 1e3, "kB"] : [bytes / 1e6, "MB"];
  return `${size < 10 ? size.toFixed(1) : Math.round(size)} ${unit}`;
}

export function renderMedia(media, description) {
  if (media.kind === "image" && media.inline) return picture(media, description);
  if (["audio", "voice"].includes(media.kind) && media.inline) return player("audio", media);
  if (media.kind === "video" && media.inline) return player("video", media);
  return element("p", { className: "file" }, download(media, media.name), ` ${formatSize(media.size)}`);
}

function picture(media, description) {
  const image = element("img", { src: media.url, alt: description || `Picture ${media.name}`, decoding: "async" });
  const open = element("a", { href: media.url, target: "_blank", rel: "noopener", className: "picture" }, image);
  const figure = element("figure", { className: "media" }, open, caption(media));
  if (media.spoiler) hide(open, figure);
  return figure;
}

function hide(open, figure) {
  const reveal = element("button", { type: "button", className: "reveal", textContent: "Show picture" });
  figure.classList.add("veiled");
  open.tabIndex = -1;
  reveal.addEventListener("click", () => {
    figure.classList.remove("veiled");
    open.tabIndex = 0;
    reveal.remove();
    open.focus();
  });
  figure.append(reveal);
}

function player(tag, media) {
  const control = element(tag, { controls: true, preload: "metadata", src: media.url });
  control.setAttribute("aria-label", media.name);
  return element("figure", { className: `media ${tag}` }, control, caption(media));
}

function caption(media) {
  const name = element("span", { className: "media-name", textContent: media.name });
  return element("figcaption", {}, name, download(media, "Download"));
}

function download(media, text) {
  const link = element("a", { href: media.url, download: media.name, textContent: text });
  if (text !== media.name) link.setAttribute("aria-label", `Download ${media.name}`);
  return link;
}
