"""What the message of an order says, from its price to its end."""

from __future__ import annotations

from bot.engine.making.allowance import Left
from bot.engine.making.brief import Brief, Craft
from bot.engine.making.quoting import Offer
from bot.engine.money.caps import dollars
from bot.orders import OrderState
from bot.venice import Model
from bot.venice.jobs import Failed, Processing

SHOWN_PROMPT = 300
ORDERING = "*Checking the price, then ordering…*"
UNHEARD = "*Venice does not answer at present. I keep asking; nothing is lost, and it is paid only once.*"
CANCELLED = "Cancelled. Nothing was ordered, and nothing was spent."
NOTHING_CHEAPER = "I find no cheaper way to make this."
INTERRUPTED = (
    "I was interrupted just as I ordered {noun}, and cannot know whether Venice got the order. It may have "
    "been charged, so {cost} counts as spent. I do not order it again by myself."
)
UNANSWERED = (
    "Venice did not confirm the order of {noun}. It may have been charged, so {cost} counts as spent. "
    "I do not order it again by myself."
)
EXPIRED = (
    "Venice no longer has {noun}: it was lost or has expired there. It was charged, "
    "so {cost} counts as spent."
)
OVERDUE = (
    "Venice did not finish {noun} within a day, which is as long as it keeps an order. "
    "{cost} counts as spent."
)
DROPPED = (
    "You dropped {noun}. Venice cannot stop what it has begun, so {cost} is spent; the result will not be "
    "shown, and is deleted at Venice."
)
SHUT_OUT = (
    "I do not show {noun} any more, because whoever asked for it, or this place, was shut out meanwhile."
)
NO_PICTURE = (
    "I no longer have the picture that the film starts from. Nothing was ordered; please send it again."
)
MISSING = "I no longer have {noun}: what I keep for this chat was deleted or had to make room."
REFUSED = "{Noun} is ready, but {platform} did not take it. It is kept for 7 days: try again with the button."
UNSURE = (
    "{Noun} is ready and was sent, but {platform} did not confirm that. If it is missing, the button sends "
    "it again. It is kept for 7 days."
)
LINKED = (
    "{Noun} is ready, but at {size} it is more than the {limit} that {platform} takes from me. The button "
    "opens it, for 7 days."
)
TOO_LARGE = (
    "{Noun} is ready, but at {size} it is more than the {limit} that {platform} takes from me, and I could "
    "not make it small enough. Ask for it shorter or in a lower resolution."
)


def described(brief: Brief, model: Model) -> str:
    """What is made, by whom and how, in a line, and the words it is made from."""
    return f"{head(brief, model)}\n\n{quoted(brief)}"


def head(brief: Brief, model: Model) -> str:
    """What is made, by whom and how, in a line."""
    parts = [f"**{_title(brief)}**", model.name, *_choices(brief, model)]
    parts.append(model.tier.meaning)
    return " · ".join(part for part in parts if part)


def _title(brief: Brief) -> str:
    if brief.craft is Craft.FILM:
        if brief.end:
            return "Film from one picture to another"
        return "Film from your picture" if brief.picture else "Film"
    return {Craft.MUSIC: "Music", Craft.SOUND: "Sound"}[brief.craft]


def _choices(brief: Brief, model: Model) -> list[str]:
    if brief.craft is Craft.FILM:
        heard = model.video.audio and not (model.video.audio_configurable and brief.audio is False)
        shown = [brief.duration, brief.resolution, brief.aspect]
        return [*shown, "with sound" if heard else "silent"]
    flags = (
        (bool(brief.lyrics), "with your lyrics"),
        (brief.write_lyrics and not brief.lyrics, "with lyrics of its own"),
        (brief.instrumental, "instrumental"),
        (brief.loop, "loop"),
        (bool(brief.voice), brief.voice),
        (bool(brief.language), brief.language),
    )
    length = f"{brief.seconds}s" if brief.seconds else ""
    return [length, *(words for given, words in flags if given)]


def quoted(brief: Brief) -> str:
    """The words it is made from, as a quotation."""
    prompt = brief.prompt if len(brief.prompt) <= SHOWN_PROMPT else brief.prompt[:SHOWN_PROMPT] + " …"
    return "\n".join(f"> {line}" for line in prompt.splitlines())


def price_line(quote: int, left: Left) -> str:
    """The price before it is accepted."""
    if not left.words:
        return f"About {dollars(quote)}."
    if not left.pays(quote):
        return f"About {dollars(quote)}, which is more than is allowed: {left.words}."
    return f"About {dollars(quote)}; {left.words}."


def card(offer: Offer, left: Left, news: str = "") -> str:
    """The card that asks whether to make it. `news` says why it is shown anew."""
    lines = [described(offer.brief, offer.model), news, price_line(offer.quote, left)]
    return "\n\n".join(line for line in lines if line)


def progress(state: Processing | None) -> str:
    """How it is coming along, by Venice's own estimate."""
    if state is None or state.left_seconds is None:
        return "*In the making…*"
    if state.left_seconds <= 0:
        return "*In the making… it takes longer than usual; it should not be long now.*"
    return f"*In the making… about {span(state.left_seconds)} left, by Venice's estimate.*"


def span(seconds: float) -> str:
    """A rough time: steps of ten seconds, then minutes."""
    if seconds < 90:
        return f"{max(10, round(seconds / 10) * 10)} seconds"
    return f"{round(seconds / 60)} minutes"


def done(cost: int, seconds: float) -> str:
    """The receipt."""
    taken = f"{seconds:.0f} seconds" if seconds < 90 else f"{seconds / 60:.0f} minutes"
    return f"Made for {dollars(cost)} in {taken}."


def failed(state: Failed, cost: int) -> str:
    """Why it will never be ready, and what became of the money."""
    money = {
        True: "Venice gave the money back, so it cost nothing.",
        False: f"Venice did not give the money back: {dollars(cost)} is spent.",
        None: f"Venice did not say whether it gives the money back, so {dollars(cost)} counts as spent.",
    }[state.refunded]
    return f"{state.reader_text} {money}"


def filled(
    text: str, brief: Craft, cost: int = 0, *, platform: str = "", size: int = 0, limit: int = 0
) -> str:
    """A sentence of this module about one thing. Sizes are bytes."""
    noun = brief.noun
    return text.format(
        noun=noun,
        Noun=noun.capitalize(),
        cost=dollars(cost),
        platform=platform,
        size=f"{size / 1e6:.1f} MB",
        limit=f"{limit / 1e6:.1f} MB",
    )


def dearer(before: int, now: int) -> str:
    """The price rose between the card and its acceptance."""
    return (
        f"The price has gone up from {dollars(before)} to {dollars(now)} meanwhile, so I have not ordered "
        "it. Do you still want it?"
    )


def short(brief: Brief) -> str:
    """A wish in a line."""
    line = " ".join(brief.prompt.split())
    return f"**{_title(brief)}** “{line[:60]}{'…' if len(line) > 60 else ''}”"


def state(now: OrderState) -> str:
    """How far an order has come."""
    return {
        OrderState.ACCEPTED: "about to be ordered",
        OrderState.CALLED: "being ordered",
        OrderState.QUEUED: "in the making, and paid",
        OrderState.READY: "ready",
        OrderState.SENDING: "being sent",
        OrderState.KEPT: "ready and kept, because it could not be sent",
    }.get(now, now.value)
