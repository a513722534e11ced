"""/voice and /transcribe: text to sound, and sound to text."""

from __future__ import annotations

from collections.abc import Mapping

from bot.commands.services import Services, flag_option, text_option
from bot.declarations import Command, Medium, MenuEntry, Option, OptionKind
from bot.engine.files.hearing import Heard, clock
from bot.engine.turns.registry import Bound
from bot.engine.turns.turn import Turn
from bot.engine.voice.speaking import VoiceChoice
from bot.errors import GondolaError, UserError
from bot.messages import SOUNDING, Attachment, Media, MediaKind, OptionValue
from bot.venice import Model

SAMPLE_CHARS = 200
MOST_SOUNDS = 10
MESSAGES = 3
"""A transcript that would fill more messages than this is sent as a file."""
_SHOWN_VOICES = 6
_SHOWN_MODELS = 4

VOICE = Command(
    "voice",
    "Read text aloud, or let you hear the voices there are.",
    (
        Option("text", "What should I say?", rest=True),
        Option("voice", "Voice to use.", completer="voice"),
        Option("model", "Speech model.", completer="model.tts"),
        Option("speed", "How fast: 1 is usual, 0.5 is half.", OptionKind.NUMBER, minimum=0.25, maximum=4),
        Option("sample", "Only let me hear the voice, with a short sentence.", OptionKind.BOOLEAN),
        Option("keep", "Speak to me with this voice from now on.", OptionKind.BOOLEAN),
    ),
    medium=Medium.VOICE,
)
TRANSCRIBE = Command(
    "transcribe",
    "Write down what is said in a voice message, a sound file or a film.",
    (
        Option("minutes", "Write minutes as well: summary, decisions, tasks.", OptionKind.BOOLEAN),
        Option("language", "Language spoken, as two letters (en, de); guessed if left out.", maximum=3),
        Option("model", "Transcription model.", completer="model.asr"),
    ),
    medium=Medium.TRANSCRIPTION,
    takes_file=True,
    menu=(MenuEntry("Transcribe"), MenuEntry("Transcribe with minutes", {"minutes": True})),
)
NOTHING_TO_HEAR = (
    "Reply to a voice message, a sound file or a film with `/transcribe`, or attach one to the command."
)


def bound(services: Services) -> list[Bound]:
    """The commands of this group."""

    async def voice(turn: Turn) -> None:
        await _voice(services, turn)

    async def transcribe(turn: Turn) -> None:
        await _transcribe(services, turn)

    return [Bound(VOICE, voice), Bound(TRANSCRIBE, transcribe)]


# --- voice ---


async def _voice(services: Services, turn: Turn) -> None:
    text = text_option(turn, "text") or (turn.incoming.quoted.text if turn.incoming.quoted else "")
    named = text_option(turn, "voice")
    choice = await services.speaker.choose(turn, model=text_option(turn, "model"), voice=named)
    if flag_option(turn, "keep"):
        await _keep(services, turn, choice)
    if flag_option(turn, "sample") or (named and not text and not flag_option(turn, "keep")):
        await _sample(services, turn, choice, text)
    elif text:
        turn.answer.typing()
        (await services.speaker.speak(turn, text, choice, speed=_speed(turn))).show(turn, written=False)
    elif not flag_option(turn, "keep"):
        await _card(services, turn, choice)


async def _keep(services: Services, turn: Turn, choice: VoiceChoice) -> None:
    key = turn.incoming.author.scope_key
    for name, value in (("voice_model", choice.model.id), ("voice", choice.name)):
        await services.settings.put(key, name, value, by=turn.person, at=turn.now)
    turn.say(f"From now on I speak to you as {_named(choice)}. `/settings voice default where:user` ends it.")


async def _sample(services: Services, turn: Turn, choice: VoiceChoice, text: str) -> None:
    turn.answer.typing()
    name = choice.own or choice.voice.partition("_")[2] or choice.voice or choice.model.name
    words = text[:SAMPLE_CHARS] or f"Hello, I am {name.capitalize()}. This is how I sound when I read to you."
    spoken = await services.speaker.speak(turn, words, choice, speed=_speed(turn))
    spoken.show(turn)
    if spoken.choice is not choice:
        return  # it was not heard, so there is nothing to keep
    keep = ("Use it for me", VOICE.name, {**_options(choice), "keep": True})
    turn.notice(f"That was {_named(choice)}.", buttons=await services.command_buttons(turn, [keep]))


async def _card(services: Services, turn: Turn, choice: VoiceChoice) -> None:
    """Who speaks here and who else could, with buttons to hear them."""
    model = choice.model
    others = [one for one in (await services.models.catalogue()).offered("tts") if one.id != model.id]
    own = [one.name for one in await services.voices.usable(turn.person, turn.incoming.place)]
    known = [choice.name, *own, *model.voices]
    voices = list(dict.fromkeys(known))[:_SHOWN_VOICES]
    buttons: list[tuple[str, str, Mapping[str, OptionValue]]] = [
        (f"▶ {voice}", VOICE.name, _heard_with(model, voice, own=voice in own)) for voice in voices if voice
    ]
    buttons += [(one.name, VOICE.name, {"model": one.id}) for one in others[:_SHOWN_MODELS]]
    turn.notice(
        f"Say what I should read: `/voice Good morning, everyone`.\n\n{_named(choice)} would read it. "
        f"{described(model)}\n\nHear a voice with a button or `/voice sample=on voice=NAME`; "
        "a button with a model's name shows the voices of that model.",
        buttons=await services.command_buttons(turn, buttons),
    )


def _speed(turn: Turn) -> float | None:
    """The speed asked for, None when left out; Venice passes over it where a model has none."""
    command = turn.incoming.command
    value = command.options.get("speed") if command is not None else None
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _options(choice: VoiceChoice) -> dict[str, OptionValue]:
    return {"model": choice.model.id, "voice": choice.name}


def _heard_with(model: Model, voice: str, *, own: bool) -> dict[str, OptionValue]:
    """Options to hear a voice; a learned one has a model of its own."""
    return {"voice": voice, "sample": True, **({} if own else {"model": model.id})}


def _named(choice: VoiceChoice) -> str:
    return f"**{choice.name}** of {choice.model.name}" if choice.name else f"**{choice.model.name}**"


def described(model: Model) -> str:
    """Voices, formats, price and privacy of a speech model, in a line."""
    formats = f", formats {', '.join(model.formats)}" if model.formats else ""
    privacy = "private (nothing is kept)" if model.private else "anonymised (the provider sees the words)"
    price = model.pricing.input
    cost = f"${price.normalize():f} per million characters" if price is not None else "no price"
    return f"`{model.id}` has {len(model.voices)} voices{formats}; {cost}; {privacy}."


# --- transcribe ---


async def _transcribe(services: Services, turn: Turn) -> None:
    sounds = _sounds(turn)
    if not sounds:
        raise UserError(NOTHING_TO_HEAR)
    turn.answer.typing()
    for sound in sounds[:MOST_SOUNDS]:
        heard = await services.hearer.hear(
            turn,
            sound,
            model=text_option(turn, "model"),
            language=text_option(turn, "language").lower(),
            partly=True,
        )
        if heard.note:
            turn.notice(heard.note)
        await _write_down(services, turn, sound, heard)
    if len(sounds) > MOST_SOUNDS:
        turn.notice(f"I write down {MOST_SOUNDS} files at once; the rest I left out.")


def _sounds(turn: Turn) -> list[Attachment]:
    """What is attached, else what the replied-to message carries."""
    quoted = turn.incoming.quoted.attachments if turn.incoming.quoted else ()
    attached = [one for one in turn.incoming.attachments if one.kind in SOUNDING]
    return attached or [one for one in quoted if one.kind in SOUNDING]


async def _write_down(services: Services, turn: Turn, sound: Attachment, heard: Heard) -> None:
    title = f"**{_plain(sound.name)}** ({clock(heard.seconds)})"
    if not heard.lines:
        turn.notice(f"{title}: I hear no words in this.")
        return
    minutes = await _minutes(services, turn, heard) if flag_option(turn, "minutes") else ""
    text = transcript(heard)
    written = "\n\n".join(_plain(line) for line in text.splitlines())
    if minutes:
        turn.say(f"{title}\n\n{minutes}\n\n")
    if minutes or len(written) > MESSAGES * services.fetcher.text_limit(turn):
        turn.show([_as_file(sound, text)], "" if minutes else title)
    else:
        turn.say(f"{title}\n\n{written}\n\n")
    if heard.missing:
        turn.notice(heard.missing)


async def _minutes(services: Services, turn: Turn, heard: Heard) -> str:
    """The minutes, or "" with a sentence: the transcript was paid for and is shown all the same."""
    try:
        return await services.secretary.minutes(turn, transcript(heard))
    except GondolaError as error:
        turn.notice(f"I could not write the minutes. {error.reader_text}")
        return ""


def transcript(heard: Heard) -> str:
    """What was said, a line for each piece that has a time of its own."""
    if not heard.timed:
        return heard.text
    return "\n".join(f"[{clock(line.start)}] {line.text}" for line in heard.lines)


def _as_file(sound: Attachment, text: str) -> Media:
    stem = sound.name.rpartition(".")[0] or sound.name
    return Media(MediaKind.DOCUMENT, text.encode(), "text/plain", f"{stem}-transcript.txt")


def _plain(text: str) -> str:
    """Words that mean nothing as Markdown."""
    return "".join(f"\\{char}" if char in "\\`*_[]<>#|~" else char for char in text)
