"""Files: what was uploaded, under which ids and paths it can be had again."""

import io
from dataclasses import dataclass

from PIL import Image, UnidentifiedImageError

from tests.fakes.telegram.errors import bad_request
from tests.fakes.telegram.limits import TelegramLimits
from tests.fakes.telegram.model import Media, MediaKind
from tests.fakes.telegram.params import Params, Upload
from tests.fakes.telegram.shapes import JsonObject

_FOLDERS: dict[MediaKind, tuple[str, str]] = {
    "photo": ("photos", "jpg"),
    "voice": ("voice", "oga"),
    "audio": ("music", "mp3"),
    "document": ("documents", "bin"),
    "video": ("videos", "mp4"),
    "video_note": ("video_notes", "mp4"),
    "sticker": ("stickers", "webp"),
}
_THUMBNAIL_BYTES = b"tiny"
_VOICE_STARTS = (b"OggS", b"ID3", b"\xff\xfb", b"\xff\xf3", b"\xff\xf2")


@dataclass(frozen=True, slots=True)
class StoredFile:
    """One downloadable file."""

    file_id: str
    unique_id: str
    path: str
    data: bytes
    size: int


class FileStore:
    """All files of one fake."""

    def __init__(self, limits: TelegramLimits) -> None:
        self._limits = limits
        self._files: dict[str, StoredFile] = {}
        self._media: dict[str, Media] = {}
        self._paths: dict[str, StoredFile] = {}

    def add(self, kind: MediaKind, upload: Upload, size: int | None = None) -> Media:
        """Store a file. size: what Telegram shall say it weighs, if not the real size."""
        number = len(self._files)
        name = upload.file_name or None
        media = Media(
            kind,
            f"AgAC{kind}{number:06d}",
            f"AQAD{number:06d}",
            upload.data,
            len(upload.data) if size is None else size,
            file_name=name if kind in ("audio", "document", "video") else None,
            mime=upload.content_type,
        )
        self._store(media.file_id, media.unique_id, kind, media.data, media.size, name)
        self._media[media.file_id] = media
        if kind == "photo":
            media.width, media.height = _dimensions(upload.data) or (640, 480)
            media.thumbnail_id = f"{media.file_id}s"
            self._store(media.thumbnail_id, f"{media.unique_id}s", kind, _THUMBNAIL_BYTES, 4, None)
        return media

    def _store(
        self, file_id: str, unique_id: str, kind: MediaKind, data: bytes, size: int, name: str | None
    ) -> None:
        folder, ending = _FOLDERS[kind]
        if name and "." in name:
            ending = name.rsplit(".", 1)[1]
        path = f"{folder}/file_{len(self._files)}.{ending}"
        stored = StoredFile(file_id, unique_id, path, data, size)
        self._files[file_id] = stored

    def describe(self, file_id: str) -> JsonObject:
        """The File that getFile answers. Raises 400 for unknown ids and files above the download limit."""
        stored = self._files.get(file_id)
        if stored is None:
            raise bad_request("wrong file_id or the file is temporarily unavailable")
        if stored.size > self._limits.download_bytes:
            raise bad_request("file is too big")
        self._paths[stored.path] = stored
        return {
            "file_id": stored.file_id,
            "file_unique_id": stored.unique_id,
            "file_size": stored.size,
            "file_path": stored.path,
        }

    def expire_links(self) -> None:
        """Forget every path given so far."""
        self._paths.clear()

    def download(self, path: str) -> bytes | None:
        """The bytes behind a path that getFile gave, None if there are none."""
        stored = self._paths.get(path)
        return stored.data if stored else None

    def received(self, kind: MediaKind, params: Params, source: str | None, field: str) -> Media:
        """The file a bot sends: uploaded under `field`, attached, or known by file_id.

        Raises 400 for addresses (nothing is fetched), unknown ids and missing or unfit files.
        """
        upload = params.files.get(field)
        if upload is None and source and source.startswith("attach://"):
            upload = params.files.get(source.removeprefix("attach://"))
            if upload is None:
                raise bad_request("can't parse InputMedia: media not found")
        if upload is not None:
            self._check(kind, upload)
            return self._add_received(kind, upload)
        if not source:
            raise bad_request(f"there is no {kind.replace('_', ' ')} in the request")
        if source in self._media:
            return self._media[source]
        if source.startswith(("http://", "https://")):
            raise bad_request("failed to get HTTP URL content")
        raise bad_request("wrong file identifier/HTTP URL specified")

    def _add_received(self, kind: MediaKind, upload: Upload) -> Media:
        if kind != "voice":
            return self.add(kind, upload)
        # A "voice message" in a format Telegram cannot play is shown as a plain file.
        playable = upload.data.startswith(_VOICE_STARTS) or upload.data[4:8] == b"ftyp"
        media = self.add("voice" if playable else "document", upload)
        if playable:
            media.mime = "audio/ogg" if upload.data.startswith(b"OggS") else "audio/mpeg"
        return media

    def _check(self, kind: MediaKind, upload: Upload) -> None:
        if not upload.data:
            raise bad_request("file must be non-empty")
        if kind != "photo":
            return
        limit = self._limits.photo_bytes
        if len(upload.data) > limit:
            size = len(upload.data)
            raise bad_request(
                f"file of size {size} bytes is too big for a photo; the maximum size is {limit} bytes"
            )
        dimensions = _dimensions(upload.data)
        if dimensions is None:
            raise bad_request("IMAGE_PROCESS_FAILED")
        if sum(dimensions) > 10_000 or max(dimensions) > 20 * min(dimensions):
            raise bad_request("PHOTO_INVALID_DIMENSIONS")


def _dimensions(data: bytes) -> tuple[int, int] | None:
    try:
        with Image.open(io.BytesIO(data)) as image:
            return image.size
    except UnidentifiedImageError:
        return None
