"""Finished pictures: kept in the vault, shown with the buttons of the workbench, and found again."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import structlog

from bot.delivery import Delivered
from bot.engine.files.fetching import Fetcher
from bot.engine.pictures.recipes import Making, Recipe, read_note
from bot.engine.turns.texts import EXPIRED_PICTURE
from bot.engine.turns.turn import Turn
from bot.errors import GondolaError, UserError
from bot.keeping import KEPT_SECONDS, KeptFile, Vault, Version
from bot.media.pictures import fitting
from bot.messages import Button, ButtonRows, Media, MediaKind
from bot.ports import Clock
from bot.records import StoredButton
from bot.storing import Buttons

log: structlog.stdlib.BoundLogger = structlog.get_logger()

PICTURE = "picture"
"""Action of the one stored row behind the buttons of a result; a button's id is the row's id, what to do
and the number of the picture (from 0), joined by dots. The row holds ids only: words and bytes are in the
vault."""

PER_ROW = 3
SHRUNK = "Shown compressed so that it fits here; changes begin from the full picture."
LOOKED_AT = 30
MOST_CHOSEN = 1000
MOST_VERSIONS = 100
_SUFFIX = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp"}


@dataclass(frozen=True, slots=True)
class Source:
    """A picture to begin from. `id` is that in the vault, "" for one that is not kept yet, which
    `message_ids` show."""

    data: bytes
    mime: str
    id: str = ""
    name: str = "picture"
    message_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Made:
    """A result: pictures of one type, how they were made and from what, and what to say under them."""

    images: tuple[bytes, ...]
    mime: str
    recipe: Recipe
    caption: str
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True, slots=True)
class _Kept:
    """What stands in the vault of a result."""

    ids: tuple[str, ...]
    parent: str


class Gallery:
    """Shows results and finds them again."""

    def __init__(self, vault: Vault, buttons: Buttons, fetcher: Fetcher, clock: Clock) -> None:
        self.vault = vault
        self._buttons = buttons
        self._fetcher = fetcher
        self._clock = clock
        self._chosen: OrderedDict[tuple[str, str], str] = OrderedDict()
        self.can_animate = False
        """Whether there is a command that makes films of pictures."""

    # --- showing ---

    async def show(self, turn: Turn, made: Made) -> None:
        """Keep a result and show it. What was paid for is shown also when it cannot be kept, and what is off
        the record is not kept."""
        unkept = _Kept(("",) * len(made.images), "")
        if turn.off_record:
            await self._push(turn, list(zip(unkept.ids, made.images, strict=True)), made, (), ())
            return
        try:
            kept = await self._keep(turn, made)
            rows, rescue = await self._rows(turn, kept, made.recipe)
        except GondolaError as error:
            log.warning("picture.unkept", reason=error.detail)
            kept, rows, rescue = unkept, (), ()
        await self._push(turn, list(zip(kept.ids, made.images, strict=True)), made, rows, rescue)

    async def adopt(self, turn: Turn, source: Source) -> str:
        """Keep a picture somebody sent; returns its id."""
        turn.require_record()
        file = self._file(turn, source.data, source.mime, Recipe(Making.SENT), shown=source.message_ids)
        await self.vault.keep([file])
        return file.id

    async def show_again(self, turn: Turn, files: Sequence[KeptFile], caption: str) -> None:
        """Show kept pictures once more, with their buttons."""
        recipe = read_note(files[0].note)
        kept = _Kept(tuple(file.id for file in files), files[0].parent)
        rows, rescue = await self._rows(turn, kept, recipe)
        made = Made(tuple(file.data for file in files), files[0].mime, recipe, caption)
        await self._push(turn, [(file.id, file.data) for file in files], made, rows, rescue)

    async def as_file(self, turn: Turn, file: KeptFile) -> None:
        """A kept picture as a file, which no platform compresses."""
        item = Media(MediaKind.DOCUMENT, file.data, file.mime, file.name, kept=file.id)
        stored = self._stored(turn, [file.id])
        await self._buttons.save([stored])
        turn.listeners.append(self._note_shown)
        turn.show([item], rescue=_rescue(stored.id))

    async def _push(
        self,
        turn: Turn,
        images: Sequence[tuple[str, bytes]],
        made: Made,
        rows: ButtonRows,
        rescue: ButtonRows,
    ) -> None:
        most = self._fetcher.upload_limit(turn)
        fits = partial(_fits, made.mime, most)
        shown = [(one, *await asyncio.to_thread(fits, data)) for one, data in images]
        items = [
            Media(MediaKind.IMAGE, data, mime, _name(number, mime), kept=one)
            for number, (one, data, mime) in enumerate(shown, 1)
        ]
        shrunk = any(len(data) > most for _, data in images)
        turn.listeners.append(self._note_shown)
        turn.show(
            items, f"{made.caption}\n\n*{SHRUNK}*" if shrunk else made.caption, buttons=rows, rescue=rescue
        )

    # --- keeping ---

    async def _keep(self, turn: Turn, made: Made) -> _Kept:
        new = [
            self._file(turn, source.data, source.mime, Recipe(Making.SENT), shown=source.message_ids)
            for source in made.sources
            if not source.id
        ]
        fresh = iter(new)
        sources = tuple(source.id or next(fresh).id for source in made.sources)
        parent = sources[0] if sources else ""
        recipe = Recipe(made.recipe.making, made.recipe.words, made.recipe.options, sources)
        results = [
            self._file(turn, data, made.mime, recipe, parent=parent, number=number)
            for number, data in enumerate(made.images, 1)
        ]
        await self.vault.keep([*new, *results])
        self.choose(turn, "")
        return _Kept(tuple(file.id for file in results), parent)

    def _file(
        self,
        turn: Turn,
        data: bytes,
        mime: str,
        recipe: Recipe,
        *,
        parent: str = "",
        number: int = 1,
        shown: tuple[str, ...] = (),
    ) -> KeptFile:
        place, now = turn.incoming.place, self._clock()
        return KeptFile(
            id=secrets.token_urlsafe(12),
            room=place.room,
            conversation=place.conversation,
            person=turn.person,
            name=_name(number, mime),
            mime=mime,
            data=data,
            created_at=now,
            expires_at=now + KEPT_SECONDS,
            parent=parent,
            note=recipe.note(),
            message_ids=shown,
        )

    async def _rows(self, turn: Turn, kept: _Kept, recipe: Recipe) -> tuple[ButtonRows, ButtonRows]:
        """The buttons under a result, and those for when it did not arrive."""
        stored = self._stored(turn, kept.ids)
        await self._buttons.save([stored])
        rescue = _rescue(stored.id)
        if turn.settings.text("buttons") == "off":
            return (), rescue
        verbs = offered(recipe, back=bool(kept.parent), animate=self.can_animate)
        return rows_of(stored.id, verbs, 0 if len(kept.ids) == 1 else None), rescue

    async def _note_shown(self, delivered: Delivered) -> None:
        """Which messages show what; a reply to one of them goes on from it."""
        try:
            for one, message_ids in delivered.files.items():
                await self.vault.shown([one], message_ids)
        except GondolaError as error:
            log.warning("picture.unplaced", reason=error.detail)

    # --- finding ---

    def choose(self, turn: Turn, file_id: str) -> None:
        """What this person says next without naming a picture is about this one, until a new result."""
        key = turn.incoming.place.conversation, turn.person
        self._chosen.pop(key, None)
        if file_id:
            self._chosen[key] = file_id
        while len(self._chosen) > MOST_CHOSEN:
            self._chosen.popitem(last=False)

    async def file(self, turn: Turn, file_id: str) -> KeptFile:
        """A kept picture of this room; a UserError when it has expired."""
        found = await self.vault.get(file_id, turn.now)
        if found is None or found.room != turn.incoming.place.room:
            raise UserError(EXPIRED_PICTURE)
        return found

    async def quoted(self, turn: Turn) -> list[Version]:
        """The kept pictures that the replied-to message shows."""
        quoted = turn.incoming.quoted
        if quoted is None or not quoted.message_id:
            return []
        found = await self.vault.shown_by(turn.incoming.place.room, quoted.message_id, turn.now)
        return [one for one in found if is_picture(one)]

    async def latest(self, turn: Turn) -> list[Version]:
        """What this person chose here, else their newest result: one picture, or those made together."""
        chosen = self._chosen.get((turn.incoming.place.conversation, turn.person), "")
        if chosen and (found := await self.vault.about([chosen], turn.now)):
            return found
        recent = await self.vault.recent(turn.incoming.place.conversation, turn.now, LOOKED_AT)
        own = [one for one in recent if one.person == turn.person and is_picture(one)]
        together = [one for one in own if (one.created_at, one.note) == (own[0].created_at, own[0].note)]
        return together[::-1]

    async def unseen(self, turn: Turn, since: float) -> ButtonRows:
        """A button for the newest pictures that were made for this person since then and that no message
        shows; none where there are none."""
        recent = await self.vault.recent(turn.incoming.place.conversation, turn.now, LOOKED_AT)
        lost = [one for one in recent if one.person == turn.person and one.created_at >= since]
        lost = [one for one in lost if not one.message_ids and is_picture(one)]
        made = [one for one in lost if read_note(one.note).making is not Making.SENT]
        together = [
            one.id for one in made if (one.created_at, one.note) == (made[0].created_at, made[0].note)
        ]
        if not together:
            return ()
        stored = self._stored(turn, together[::-1])
        await self._buttons.save([stored])
        return ((Button("Show what was made", f"{stored.id}.show"),),)

    async def tree(self, turn: Turn, version: Version) -> list[tuple[int, Version]]:
        """All versions of a picture with their generation: each before what was made from it."""
        line = await self.vault.ancestors(version.id, turn.now)
        root = line[-1] if line else version
        found: list[tuple[int, Version]] = []
        waiting = [(0, root)]
        while waiting and len(found) < MOST_VERSIONS:
            depth, one = waiting.pop()
            if one.room != turn.incoming.place.room or any(one.id == other.id for _, other in found):
                continue
            found.append((depth, one))
            children = [child for child in await self.vault.children(one.id, turn.now) if is_picture(child)]
            waiting += [(depth + 1, child) for child in reversed(children)]
        return found

    async def version_buttons(self, turn: Turn, versions: Sequence[Version]) -> ButtonRows:
        """A numbered button for each version, which shows it."""
        stored = self._stored(turn, [one.id for one in versions])
        await self._buttons.save([stored])
        buttons = [Button(str(n + 1), f"{stored.id}.go.{n}") for n in range(len(versions))]
        return tuple(tuple(buttons[i : i + 5]) for i in range(0, len(buttons), 5))

    def _stored(self, turn: Turn, file_ids: Sequence[str]) -> StoredButton:
        return StoredButton(
            id=secrets.token_urlsafe(9),
            action=PICTURE,
            payload=json.dumps({"files": list(file_ids)}),
            person=turn.person,
            channel=turn.incoming.place.channel_key,
            expires_at=self._clock() + KEPT_SECONDS,
            member=turn.incoming.place.member,
        )


def is_picture(version: Version) -> bool:
    """Whether it is one, rather than a film or a sound."""
    return version.mime.startswith("image/")


def offered(recipe: Recipe, *, back: bool, animate: bool) -> list[tuple[str, str]]:
    """Label and verb of the buttons under a picture."""
    found = [("Again", "again")] if recipe.repeatable else []
    found += [("Vary", "vary"), ("Edit", "edit")]
    found += [("Upscale 2×", "up2"), ("Upscale 4×", "up4")]
    if recipe.making is not Making.CUT_OUT:
        found.append(("Cut out", "cut"))
    if animate:
        found.append(("Animate", "animate"))
    found.append(("Document", "file"))
    if back:
        found.append(("Back", "back"))
    return found


def rows_of(row: str, verbs: Sequence[tuple[str, str]], number: int | None) -> ButtonRows:
    """Buttons in rows; `number` None where the picture has still to be chosen."""
    end = "" if number is None else f".{number}"
    buttons = [Button(label, f"{row}.{verb}{end}") for label, verb in verbs]
    return tuple(tuple(buttons[i : i + PER_ROW]) for i in range(0, len(buttons), PER_ROW))


def _rescue(row: str) -> ButtonRows:
    return ((Button("Send again", f"{row}.show"), Button("Send as a file", f"{row}.file")),)


def _fits(mime: str, most: int, data: bytes) -> tuple[bytes, str]:
    return fitting(data, mime, most)


def _name(number: int, mime: str) -> str:
    return f"gondola-{number}.{_SUFFIX.get(mime, 'png')}"
