"""/clone and /voices: a voice of one's own, learned with one's consent, and what becomes of it."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import TypeAdapter

from bot.auditing import Change, ChangeKind
from bot.commands.services import Services, text_option
from bot.declarations import Command, Medium, MenuEntry, Option
from bot.engine.money.caps import dollars
from bot.engine.turns.registry import ActionHandler, Bound
from bot.engine.turns.turn import Turn
from bot.engine.voice.voicebook import day
from bot.errors import NotAllowed, UserError
from bot.messages import SOUNDING, Attachment, Button, OptionValue
from bot.ownvoices import OwnVoice
from bot.records import StoredButton
from bot.venice.pricing import CLONE_FEE

AGREE = "clone.agree"
BEHIND: Mapping[str, str] = {AGREE: "clone"}
"""The command that each button goes on with."""
AGREE_LIFE = 3600.0
AGREE_LABEL = "This is my own voice and I agree"
STATEMENT = (
    "This is my own voice and I agree that this recording is sent to Venice.ai, that a voice is learned from "
    "it, and that this bot speaks with that voice for me."
)
NAME_CHARS = 32
_NAME = re.compile(r"[\w .'-]+")
NOTHING_TO_LEARN = (
    "Reply with `/clone` to a voice message of your own, or attach a recording of your voice to the command. "
    "Ten seconds of clear speech are enough."
)
OTHERS = (
    "I learn a voice only from the person it belongs to. Only they can use `/clone` on this message, and "
    "they have to agree first."
)

CLONE = Command(
    "clone",
    "Learn your own voice from a recording of yours, if you agree.",
    (
        Option("name", "What to call the voice.", maximum=NAME_CHARS),
        Option("model", "Speech model that learns it.", completer="model.tts"),
    ),
    medium=Medium.VOICE,
    takes_file=True,
    private_reply=True,
    menu=(MenuEntry("Learn my voice"),),
)
VOICES = Command(
    "voices",
    "Your own learned voices: hear them, share them here, forget them.",
    (
        Option("forget", "Name of a voice to forget.", maximum=NAME_CHARS),
        Option("share", "Name of a voice everybody here may use.", maximum=NAME_CHARS),
        Option("unshare", "Name of a voice only you may use here again.", maximum=NAME_CHARS),
    ),
    private_reply=True,
)


@dataclass(frozen=True, slots=True)
class Offer:
    """What somebody is asked to agree to, as stored behind the button."""

    name: str
    model: str
    statement: str
    sound: Attachment


_OFFER = TypeAdapter(Offer)


def bound(services: Services) -> list[Bound]:
    """The commands of this group."""

    async def clone(turn: Turn) -> None:
        await _clone(services, turn)

    async def voices(turn: Turn) -> None:
        await _voices(services, turn)

    return [Bound(CLONE, clone), Bound(VOICES, voices)]


def actions(services: Services) -> Mapping[str, ActionHandler]:
    """What the buttons do, by action."""

    async def agree(turn: Turn, stored: StoredButton) -> None:
        await _agree(services, turn, stored)

    return {AGREE: agree}


# --- clone ---


async def _clone(services: Services, turn: Turn) -> None:
    """The sample is checked before anybody is asked to agree to anything."""
    turn.require_record()
    sound = _own_sound(turn)
    model = await services.cloner.model(turn, text_option(turn, "model"))
    name = _name(turn)
    await services.cloner.check_name(turn.person, name)
    turn.answer.typing()
    sample = await services.cloner.sample(turn, sound, model)
    stored = StoredButton(
        id=secrets.token_urlsafe(9),
        action=AGREE,
        payload=_OFFER.dump_json(Offer(name, model.id, STATEMENT, sound)).decode(),
        person=turn.person,
        channel=turn.incoming.place.channel_key,
        expires_at=turn.now + AGREE_LIFE,
        member=turn.incoming.place.member,
    )
    await services.store.buttons.save([stored])
    turn.notice(
        f"I can learn the voice **{name}** from these {sample.seconds:.0f} seconds with {model.name}.\n\n"
        f"> {STATEMENT}\n\n"
        "Press the button only if that is true. I keep these words with the date, and the voice until it "
        "expires or you forget it with `/voices`; only you can use it unless you share it. Venice does not "
        f"publish its fee for this; {dollars(CLONE_FEE)} counts against the caps here.",
        private=True,
        buttons=((Button(AGREE_LABEL, stored.id),),),
    )


async def _agree(services: Services, turn: Turn, stored: StoredButton) -> None:
    """Nobody else may agree for somebody, whatever they manage here."""
    if stored.person != turn.person:
        raise NotAllowed("Only the person whose voice it is can agree to this.")
    offer = _OFFER.validate_json(stored.payload)
    await services.cloner.check_name(turn.person, offer.name)
    turn.answer.typing()
    agreed = OwnVoice(stored.id, turn.person, offer.name, offer.statement, turn.now, offer.model)
    voice = await services.cloner.make(turn, offer.sound, agreed)
    hear = ("▶ Hear it", "voice", {"voice": voice.name, "sample": True})
    keep = ("Speak to me with it", "voice", {"voice": voice.name, "keep": True})
    turn.notice(
        f"I have learned the voice **{voice.name}**. `/voice voice={_quoted(voice.name)} Good morning` "
        f"speaks with it. {_life(voice)}",
        private=True,
        buttons=await services.command_buttons(turn, [hear, keep]),
    )


def _own_sound(turn: Turn) -> Attachment:
    """A recording of the one who asks: attached, or in a message of their own that they reply to."""
    incoming = turn.incoming
    attached = next((one for one in incoming.attachments if one.kind in SOUNDING), None)
    if attached is not None:
        if incoming.forwarded:
            raise NotAllowed(OTHERS)
        return attached
    quoted = incoming.quoted
    sound = next((one for one in quoted.attachments if one.kind in SOUNDING), None) if quoted else None
    if quoted is None or sound is None:
        raise UserError(NOTHING_TO_LEARN)
    if quoted.author.key != incoming.author.key or quoted.forwarded:
        raise NotAllowed(OTHERS)
    return sound


def _name(turn: Turn) -> str:
    given = text_option(turn, "name")
    name = " ".join(given.split()) or " ".join(_NAME.findall(turn.incoming.author.name))[:NAME_CHARS].strip()
    if not name:
        raise UserError("Please say what to call the voice: `/clone name=…`.")
    if not _NAME.fullmatch(name):
        raise UserError("The name of a voice may have letters, digits, spaces, dots, dashes and apostrophes.")
    return name


# --- voices ---


async def _voices(services: Services, turn: Turn) -> None:
    for option, change in (("forget", _forget), ("share", _share), ("unshare", _unshare)):
        name = text_option(turn, option)
        if name:
            await change(services, turn, await _mine(services, turn, name))
            return
    await _list(services, turn)


async def _list(services: Services, turn: Turn) -> None:
    place = turn.incoming.place
    own = await services.store.own_voices.of(turn.person)
    others = [one for one in await services.voices.usable(turn.person, place) if one.person != turn.person]
    lines: list[str] = []
    choices: list[tuple[str, str, Mapping[str, OptionValue]]] = []
    for voice in own:
        here = place.channel_key in await services.store.own_voices.places_of(voice.id)
        alive = voice.expires_at > turn.now
        lines.append(f"- **{voice.name}** of `{voice.model}`. {_life(voice, alive=alive)}{_shared(here)}")
        choices += _choices(voice, alive=alive, here=here, direct=place.direct)
    lines += [f"- **{one.name}**, shared here by its owner. {_life(one)}" for one in others]
    if not lines:
        turn.say(f"You have no voice of your own yet. {NOTHING_TO_LEARN}")
        return
    buttons = await services.command_buttons(turn, choices)
    turn.notice("\n".join(lines) + "\n\nVenice's own voices are in `/voice`.", private=True, buttons=buttons)


def _choices(
    voice: OwnVoice, *, alive: bool, here: bool, direct: bool
) -> Sequence[tuple[str, str, Mapping[str, OptionValue]]]:
    found: list[tuple[str, str, Mapping[str, OptionValue]]] = []
    if alive:
        found.append((f"▶ {voice.name}", "voice", {"voice": voice.name, "sample": True}))
    if alive and not direct:
        verb, option = ("Stop sharing", "unshare") if here else ("Share", "share")
        found.append((f"{verb} {voice.name} here", VOICES.name, {option: voice.name}))
    found.append((f"Forget {voice.name}", VOICES.name, {"forget": voice.name}))
    return found


async def _mine(services: Services, turn: Turn, name: str) -> OwnVoice:
    own = await services.store.own_voices.of(turn.person)
    found = next((one for one in own if one.name.casefold() == name.casefold()), None)
    if found is None:
        raise UserError("You have no voice of that name. `/voices` lists yours.")
    return found


async def _forget(services: Services, turn: Turn, voice: OwnVoice) -> None:
    await services.store.own_voices.drop(turn.person, voice.id)
    turn.say(
        f"I have forgotten the voice **{voice.name}** and your agreement, here and wherever it was shared. "
        f"Venice offers no way to delete it sooner: what it keeps dies on {day(voice.expires_at)}, and "
        "nobody here has the key to it any more."
    )


async def _share(services: Services, turn: Turn, voice: OwnVoice) -> None:
    if turn.incoming.place.direct:
        raise UserError("There is nobody here to share it with. Use this in a channel or group.")
    await _set_shared(services, turn, voice, shared=True)
    turn.say(f"Everybody here may now let me speak with **{voice.name}**. `/voices` takes that back.")


async def _unshare(services: Services, turn: Turn, voice: OwnVoice) -> None:
    await _set_shared(services, turn, voice, shared=False)
    turn.say(f"Only you can use **{voice.name}** here now.")


async def _set_shared(services: Services, turn: Turn, voice: OwnVoice, *, shared: bool) -> None:
    """Its owner's name for it stays out of the audit log."""
    place, words = turn.incoming.place, ("", "shared") if shared else ("shared", "")
    change = Change(
        turn.now, turn.person, ChangeKind.DATA, place.channel_key, place.audience, "own voice", *words
    )
    await services.store.own_voices.share(voice.id, place.channel_key, shared=shared, change=change)


def _life(voice: OwnVoice, *, alive: bool = True) -> str:
    if not alive:
        return f"It expired on {day(voice.expires_at)}; `/clone` makes it anew."
    how = ", unless it is used before then" if voice.renewed else ""
    return f"It lives until {day(voice.expires_at)}{how}."


def _shared(here: bool) -> str:
    return " Everybody here may use it." if here else ""


def _quoted(name: str) -> str:
    return f'"{name}"' if " " in name else name
