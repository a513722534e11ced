"""Long memory: facts kept on shelves with where they come from, and those that matter put before a question.

Facts are words of people. Where a model reads them they are material, never an instruction.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import replace

import structlog

from bot.engine.batching import Batcher
from bot.engine.memory.embedding import Embedder, nearness
from bot.engine.memory.recall import keep_button
from bot.engine.memory.shelves import chosen_key, may_forget, rules, shelf_keys, visible
from bot.engine.settings.book import SettingsBook
from bot.engine.text.confidential import looks_secret
from bot.engine.text.speakers import plain_name
from bot.engine.text.wording import ranked
from bot.engine.turns.answerbook import Clear
from bot.engine.turns.turn import Turn
from bot.errors import GondolaError, NotAllowed, UserError
from bot.messages import Button, MessageRef
from bot.remembered import Embedding, Fact, Keeping, Kept, Shelf
from bot.storing import Store

log: structlog.stdlib.BoundLogger = structlog.get_logger()

UNDO = "fact.undo"
"""Button action: forget the fact in the payload."""
MOST_FACTS = 200
"""Facts on one shelf."""
FACT_CHARS = 300
RECALLED = 8
"""Facts put before a question."""
_EMBEDDED_AT_ONCE = 32
_NEAR = 0.25
"""The least nearness at which a fact may bear on a question."""

NO_SECRETS = "I keep no passwords, keys, card or account numbers, so I did not remember that."
KNOWN = "I remember that already."
FULL = f"That memory is full ({MOST_FACTS} facts). `/memory` lets you forget some of them."
GONE = "What this was about is forgotten already."
_ABOUT = {Shelf.USER: "about you", Shelf.CHANNEL: "for this channel", Shelf.CHARACTER: "for this character"}


class LongMemory:
    """Keeps, finds and forgets facts. What is found in storage by many turns at once is one statement."""

    def __init__(
        self,
        store: Store,
        settings: SettingsBook,
        embedder: Embedder,
        clear: Clear,
    ) -> None:
        """`clear` takes the buttons of a message away."""
        self._clear = clear
        self._store = store
        self._settings = settings
        self._embedder = embedder
        self._read: Batcher[tuple[str, ...], list[Fact]] = Batcher(self._of_shelves)

    # --- keeping ---

    async def remember(self, turn: Turn, text: str, shelf: Shelf = Shelf.USER) -> Fact:
        """Keep what somebody asked to keep, and say so with an Undo button. Raises UserError with a sentence
        that says why not."""
        turn.require_record()
        key = chosen_key(turn, rules(self._settings, turn), shelf)
        fact = fact_of(turn, text, key)
        if not fact.chat:
            opened = await self._store.memory.opened(fact.conversation, 1)
            fact = replace(fact, chat=opened.chat)
        kept = await self.keep(turn, fact)
        if kept is Kept.KNOWN:
            raise UserError(KNOWN)
        if kept is Kept.FULL:
            raise UserError(FULL)
        turn.notice(said(fact), buttons=((await self.undo(turn, fact, alone=True),),))
        return fact

    async def keep(self, turn: Turn, fact: Fact) -> Kept:
        """Store a fact with its vector, or without one where that cannot be had."""
        embedding: Embedding | None = None
        try:
            [embedding] = await self._embedder.embed(turn.incoming.place, turn.person, [fact.text])
        except GondolaError as error:
            log.info("facts.unembedded", reason=error.detail)
        return await self._store.facts.keep(Keeping(fact, MOST_FACTS, embedding))

    async def undo(self, turn: Turn, fact: Fact, label: str = "Undo", *, alone: bool = False) -> Button:
        """A button that takes a fact back; one that is `alone` under its message goes once it is pressed."""
        payload = {"fact": fact.id, "alone": "yes" if alone else ""}
        return await keep_button(self._store, turn, label, UNDO, payload)

    # --- finding ---

    async def seen(self, turn: Turn) -> list[Fact]:
        """Every fact that may be told here to this person, the newest first."""
        keys = shelf_keys(turn, rules(self._settings, turn))
        found = await self._read(tuple(keys.values())) if keys else []
        return [fact for fact in found if visible(fact, turn)]

    async def recall(self, turn: Turn, question: str, limit: int = RECALLED) -> tuple[Fact, ...]:
        """The facts that bear on a question, the oldest first. Few facts are all taken; of many, those
        nearest in meaning, or in words where no vectors can be had in time."""
        found = await self.seen(turn)
        if len(found) > limit:
            found = await self._nearest(turn, question, found, limit)
        return tuple(sorted(found, key=lambda fact: (fact.at, fact.id)))

    async def find(self, turn: Turn, words: str, limit: int) -> list[Fact]:
        """The facts that are about some words and may be told here, the nearest first: by meaning, then by
        words; by words alone where no vectors can be had."""
        return await self._nearest(turn, words, await self.seen(turn), limit)

    async def _nearest(self, turn: Turn, question: str, found: list[Fact], limit: int) -> list[Fact]:
        try:
            by_meaning = await self._by_meaning(turn, question, found)
        except GondolaError as error:
            log.info("facts.by_words", reason=error.detail)
            by_meaning = []
        by_words = [found[index] for index in ranked(question, [fact.text for fact in found])]
        # What has no vector yet is found by its words.
        return list(dict.fromkeys([*by_meaning, *by_words]))[:limit]

    async def _by_meaning(self, turn: Turn, question: str, found: list[Fact]) -> list[Fact]:
        model = await self._embedder.model_id()
        stored = await self._store.facts.embeddings(sorted({fact.shelf for fact in found}))
        known = {one: vector for one, vector in stored.items() if vector.model == model}
        bare = [fact for fact in found if fact.id not in known][:_EMBEDDED_AT_ONCE]
        asked, *fresh = await self._embedder.embed(
            turn.incoming.place, turn.person, [question, *(fact.text for fact in bare)]
        )
        new = {fact.id: vector for fact, vector in zip(bare, fresh, strict=True)}
        if new:
            await self._store.facts.embed(new)
        vectors = {**known, **new}
        near = {fact: nearness(asked, vectors[fact.id]) for fact in found if fact.id in vectors}
        close = {fact: value for fact, value in near.items() if value is not None and value >= _NEAR}
        return sorted(close, key=lambda fact: -close[fact])

    async def _of_shelves(self, wanted: Sequence[tuple[str, ...]]) -> list[list[Fact]]:
        found = await self._store.facts.of_shelves([key for keys in wanted for key in keys])
        return [[fact for fact in found if fact.shelf in keys] for keys in wanted]

    # --- forgetting ---

    def undone(self, turn: Turn) -> None:
        """Take the pressed button away."""
        press = turn.incoming.press
        if press is not None:
            turn.beside(self._clear(MessageRef(turn.incoming.place, press.message_id)))

    async def forget(self, turn: Turn, fact_id: str) -> Fact:
        """Take a fact back; returns what it was. Raises UserError."""
        fact = await self._store.facts.get(fact_id)
        if fact is None:
            raise UserError(GONE)
        if not may_forget(fact, turn):
            raise NotAllowed("Only the person it is about, or who manages this channel, can take that back.")
        await self._store.facts.forget([fact.id])
        return fact

    async def forget_all(self, turn: Turn, shelf: Shelf) -> int:
        """Forget everything of a kind that is told here; returns how many."""
        if shelf is not Shelf.USER:
            turn.require_moderator()
        own = [fact.id for fact in await self.seen(turn) if fact.kind is shelf]
        return await self._store.facts.forget(own)


def fact_of(turn: Turn, text: str, shelf: str, *, learned: bool = False) -> Fact:
    """A fact from a turn, in one line. Raises UserError for one that is too long or a secret."""
    words = " ".join(text.split())
    if not words:
        raise UserError("Tell me what to remember: `/remember My dog is called Bello`.")
    if len(words) > FACT_CHARS:
        raise UserError(f"I remember up to {FACT_CHARS} characters at a time; this has {len(words):,}.")
    if looks_secret(text):
        raise UserError(NO_SECRETS)
    incoming = turn.incoming
    return Fact(
        id=secrets.token_urlsafe(9),
        shelf=shelf,
        text=words,
        by=turn.person,
        name=plain_name(incoming.author.name),
        conversation=incoming.place.conversation,
        at=turn.now,
        chat=turn.chat,
        turn_id=turn.id,
        message_ids=turn.question_ids,
        title=" ".join(incoming.place_title.split())[:80],
        learned=learned,
    )


def said(fact: Fact) -> str:
    """That a fact is remembered, CommonMark."""
    return f"Remembered {_ABOUT[fact.kind]}: {plain(fact.text)}"


def plain(text: str) -> str:
    """Words that mean nothing as Markdown."""
    return "".join(f"\\{char}" if char in "\\`*_[]<>#|~" else char for char in text)


def as_lines(facts: Sequence[Fact]) -> list[str]:
    """Facts as a model reads them, a line each."""
    kinds = {
        Shelf.USER: "the person who asks",
        Shelf.CHANNEL: "this channel",
        Shelf.CHARACTER: "the part you play",
    }
    return [f"- about {kinds[fact.kind]}: {fact.text}" for fact in facts]
