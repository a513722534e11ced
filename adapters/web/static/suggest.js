// What the palette offers for a line that begins with a slash. Pure: no page, no network.

const COMMAND = /^\/([\w-]*)$/;
const LINE = /^\/([\w-]+)\s([^]*)$/;
const NAMED = /(?:^|\s)(?:--)?([A-Za-z][\w-]*)[=:](["“]?)([^"”\s]*|(?<=["“])[^"”]*)$/;
const SHOWN = 25;

// `before` is the text up to the caret. Returns null where nothing is to be offered, else one of
//   {kind: "commands", typed}            a command's name is being typed
//   {kind: "value", command, option, typed, start}   a value of an option, from `start` on
//   {kind: "options", command, typed, start}         an option's name, or free text
export function readLine(before, commands) {
  const name = COMMAND.exec(before);
  if (name) return { kind: "commands", typed: name[1].toLowerCase() };
  const line = LINE.exec(before);
  const command = line && commands.find((one) => one.name === line[1].toLowerCase());
  if (!command) return null;
  const named = NAMED.exec(before);
  const option = named && command.options.find((one) => one.name === named[1].toLowerCase());
  if (option) {
    const start = before.length - named[3].length - named[2].length;
    return { kind: "value", command, option, typed: named[3], start };
  }
  const typed = /\S*$/.exec(before)[0];
  const place = positional(command, line[2]);
  if (place) return { kind: "value", command, option: place, typed: line[2], start: before.length - line[2].length };
  return { kind: "options", command, typed: typed.toLowerCase(), start: before.length - typed.length, args: line[2] };
}

// The option that bare words fill, where it has suggestions: `/model llama`.
function positional(command, words) {
  const first = command.options.find((one) => one.required) ?? command.options[0];
  const suggested = first && (first.live || first.choices.length > 0);
  return suggested && !first.rest && !/[=:]/.test(words) && !words.includes("--") ? first : null;
}

export function matchCommands(commands, typed) {
  const starts = commands.filter((one) => one.name.startsWith(typed));
  const holds = typed
    ? commands.filter((one) => !starts.includes(one) && `${one.name} ${one.description}`.toLowerCase().includes(typed))
    : [];
  return [...starts, ...holds].map((one) => ({
    label: `/${one.name}`,
    detail: one.description,
    insert: `/${one.name} `,
    whole: !one.options.some((option) => option.required),
  }));
}

export function matchOptions(found) {
  const used = (option) => new RegExp(`(?:^|\\s)(?:--)?${option.name}(?:[=:]|\\s|$)`, "i").test(found.args);
  return found.command.options
    .filter((one) => !one.rest && !used(one) && one.name.startsWith(found.typed))
    .map((one) => ({ label: `${one.name}=`, detail: describe(one), insert: `${one.name}=` }));
}

function describe(option) {
  const values = option.choices.slice(0, 4).map((one) => one.value).join(", ");
  const more = option.choices.length > 4 ? ", …" : "";
  return values ? `${option.description} (${values}${more})` : option.description;
}

export function fixedValues(option, typed) {
  const choices =
    option.kind === "boolean" && !option.choices.length
      ? [{ value: "on", label: "on" }, { value: "off", label: "off" }]
      : option.choices;
  const wanted = typed.toLowerCase();
  return choices.filter((one) => `${one.value} ${one.label}`.toLowerCase().includes(wanted));
}

export function valueEntries(choices) {
  return choices.slice(0, SHOWN).map((one) => ({
    label: one.label,
    detail: one.label === one.value ? "" : one.value,
    insert: /\s/.test(one.value) ? `"${one.value}" ` : `${one.value} `,
  }));
}

export function usage(command) {
  const rest = command.options.filter((one) => one.rest || one.required).map((one) => `<${one.name}>`);
  return [`/${command.name}`, ...rest].join(" ");
}
