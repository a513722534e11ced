"""A chat turn: question gathered, price reserved, answer streamed, sources linked, voice added."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import dataclass, replace

from bot.declarations import Medium
from bot.engine.answerbook import AnswerBook
from bot.engine.cashier import Cashier
from bot.engine.choosing import NOTHING, ONLY_SEES, Chooser, Lineup, Needs
from bot.engine.compacting import Compactor, Talk, budget
from bot.engine.context import Past, Room, build_messages
from bot.engine.effort import LEVELS
from bot.engine.gathering import Gatherer, Question
from bot.engine.models import ModelBook, tier_of
from bot.engine.overheard import Overheard
from bot.engine.recall import Recall
from bot.engine.reply import Reply, charge, texts_of
from bot.engine.speaking import Speaker
from bot.engine.spoken import speakable
from bot.engine.tokens import TokenGauge
from bot.engine.turn import Turn
from bot.errors import CapReached, GondolaError, UserError, VeniceError
from bot.records import HistoryItem, Role
from bot.venice import (
    ChatRequest,
    Model,
    Tier,
    VeniceClient,
)
from bot.venice.pricing import (
    chat_ceiling,
    interrupted_cost,
    likely_tokens,
)
from bot.venice.types import WebSearch

STOPPED = "\n\n*(stopped)*"
STOPPED_EARLY = "*Stopped before the first word.*"


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a question would bring along: `messages` of history, whether older ones are `summed_up`, `tokens`
    of prompt in all; the price of reading it and the most the call could cost, in micro-USD."""

    model: str
    messages: int
    summed_up: bool
    tokens: int
    reading: int
    ceiling: int


@dataclass(frozen=True, slots=True)
class _Asked:
    """An answer, and what it was asked with."""

    model: Model
    request: ChatRequest
    reply: Reply
    answer: str


class Talker:
    """Answers questions through Venice's chat."""

    def __init__(
        self,
        client: VeniceClient,
        models: ModelBook,
        cashier: Cashier,
        gatherer: Gatherer,
        speaker: Speaker,
        recall: Recall,
        compactor: Compactor,
        gauge: TokenGauge,
        overheard: Overheard,
        answers: AnswerBook,
        chooser: Chooser,
    ) -> None:
        self._client = client
        self._models = models
        self._cashier = cashier
        self._gatherer = gatherer
        self._speaker = speaker
        self._recall = recall
        self._compactor = compactor
        self._gauge = gauge
        self._overheard = overheard
        self._answers = answers
        self._chooser = chooser

    async def talk(self, turn: Turn) -> None:
        """Answer the turn's own text."""
        await self.answer(turn, turn.incoming.text)

    async def answer(self, turn: Turn, text: str, *, search: str = "") -> None:
        """Answer `text`; `search` overrides the web search setting ("on")."""
        turn.answer.typing()
        question = await self._gatherer.gather(turn, text)
        lineup = await self._chooser.lineup(turn, _needs(question))
        past = await self._past(turn)
        asked = await self._asked(turn, question, lineup, past, search)
        model, request, reply, answer = asked.model, asked.request, asked.reply, asked.answer
        self._remember(turn, question, answer)
        self._learn(question, model, request, reply)
        self._answers.end(turn, reply.outcome(model, search))
        if turn.again is None:
            self._fold(turn, model, past)
        await self._say_aloud(turn, answer)

    async def _asked(self, turn: Turn, question: Question, lineup: Lineup, past: Past, search: str) -> _Asked:
        """Ask until a model answers, or nobody steps in any more."""
        waited = False
        while True:
            model = lineup.model
            request = self._request(turn, question, model, search, past)
            reply = Reply(turn, request, self._answers.clock, turn.reply_mode != "voice", waited=waited)
            reply.note = lineup.note
            if reply.shown:
                self._answers.begin(turn)
            try:
                if await self._served(turn, lineup, request, reply):
                    return _Asked(model, request, reply, reply.finish())
            except (asyncio.CancelledError, GondolaError) as error:
                # A UserError (refused, nothing to say, a full cap) leaves nothing worth keeping.
                arrived = bool(reply.raw.strip()) and not isinstance(error, UserError)
                self._broken_off(turn, question, model, reply, search, arrived=arrived)
                raise
            waited = reply.waited

    async def _served(self, turn: Turn, lineup: Lineup, request: ChatRequest, reply: Reply) -> bool:
        """Stream the answer; False where Venice refused before any word and another model takes over."""
        try:
            await self._stream(turn, lineup.model, request, reply)
        except VeniceError as error:
            if reply.received or not await lineup.step_in(error):
                raise
            return False
        return True

    async def _past(self, turn: Turn) -> Past:
        """What the model is shown before the question."""
        if turn.again is not None:
            turn.chat = turn.again.old.chat
            return Past("", turn.again.history, turn.chat)
        await self._recall.begin(turn)
        return await self._recall.past(turn)

    async def outlook(self, turn: Turn) -> Outlook:
        """What the next question would send and cost, without asking it."""
        nothing = Question("", (), "", pictures=False)
        model = (await self._chooser.choose(turn)).model
        past = await self._recall.past(turn)
        request = self._request(turn, nothing, model, "", past)
        tokens = self._gauge.prompt(model.id, texts_of(request))
        return Outlook(
            model=model.name,
            messages=len(request.messages) - 2,
            summed_up=bool(past.summary),
            tokens=tokens,
            reading=interrupted_cost(model, tokens, "").micro_usd,
            ceiling=chat_ceiling(model, request),
        )

    def forget_around(self, room: str) -> None:
        """Drop what was said around the bot in a room."""
        self._overheard.forget(room)

    def _broken_off(
        self, turn: Turn, question: Question, model: Model, reply: Reply, search: str, *, arrived: bool
    ) -> None:
        """Stopped or broken: what arrived stays, is remembered, and can be continued."""
        if turn.attempt is not None and (turn.attempt.superseded or turn.attempt.dropped):
            return
        if not arrived and (not turn.stopped or turn.again is not None):
            self._answers.withdraw(turn)
            return
        mark = STOPPED if turn.stopped and reply.finished is None else ""
        answer = reply.finish(mark) if arrived else ""
        if not arrived:
            turn.replace(STOPPED_EARLY)
        elif not reply.shown:
            turn.say(answer + mark)  # the words were paid for: show them
        self._remember(turn, question, answer, note="" if arrived else "(stopped before the first word)")
        self._answers.end(turn, reply.outcome(model, search, unfinished=arrived and reply.finished is None))

    def _request(self, turn: Turn, question: Question, model: Model, search: str, past: Past) -> ChatRequest:
        settings, place = turn.settings, turn.incoming.place
        enclosed = tier_of(settings) is Tier.TEE  # a search would leave the enclave
        character = settings.text("character")
        request = ChatRequest(
            messages=build_messages(
                incoming=turn.incoming,
                question=question.text,
                parts=question.parts,
                past=past,
                room=Room(self._gauge, model.id, _budget(turn, model)),
                persona=settings.text("system_prompt"),
                character=bool(character),
                now=turn.now,
                overheard=self._overheard.lines(place.room, int(settings.number("overhear") or 0)),
            ),
            max_completion_tokens=_answer_length(turn),
            temperature=settings.number("temperature"),
            top_p=settings.number("top_p"),
            reasoning=LEVELS.get(settings.text("thinking"), "off"),
            cache_key=place.conversation,
            user=turn.person,
            web_search="off" if enclosed else _web_search(search or settings.text("web_search")),
            web_scraping=not enclosed and settings.flag("scraping") and "://" in question.text,
            character_slug=character,
        )
        _check_length(request, model)
        return request

    async def _stream(self, turn: Turn, model: Model, request: ChatRequest, reply: Reply) -> None:
        estimate = chat_ceiling(model, request)
        tokens = likely_tokens("".join(texts_of(request))) + request.max_completion_tokens
        payer = replace(turn.payer, begin=None)
        async with self._cashier.paying(payer, turn.settlements, Medium.CHAT, model.id, estimate) as bill:
            bill.charge(0, count=0)  # waiting in line costs nothing
            async with self._client.limits.turn(model.id, turn.person, tokens, reply.in_line) as slot:
                bill.cost, bill.count = None, 1
                try:
                    await turn.begin()  # not before: a turn that waits in line may run again after a crash
                    async with aclosing(self._client.chat_stream(request, model)) as events:
                        async for event in events:
                            reply.take(event)
                finally:
                    charge(bill, model, request, reply)
                    if reply.usage is not None:
                        slot.used(reply.usage.total)
        if reply.finished is not None:
            self._models.notice(model, reply.finished.notices)

    def _learn(self, question: Question, model: Model, request: ChatRequest, reply: Reply) -> None:
        """Only a prompt of nothing but our own text says how many tokens text has."""
        plain = not (question.parts or reply.sources or request.character_slug or request.web_scraping)
        if plain and reply.usage is not None:
            self._gauge.learn(model.id, texts_of(request), reply.usage.prompt)

    def _fold(self, turn: Turn, model: Model, past: Past) -> None:
        if past.branch:
            return
        newest = self._gauge.prompt(model.id, (item.text for item in turn.history))
        place = turn.incoming.place
        self._compactor.after(Talk(place, turn.person, model, _budget(turn, model), newest), past)

    def _remember(self, turn: Turn, question: Question, answer: str, note: str = "") -> None:
        incoming = turn.incoming
        if turn.again is not None:
            old = turn.again.old
            turn.history.append(replace(old, text=old.text + answer, media_note=note))
            return
        asked = HistoryItem(
            conversation=incoming.place.conversation,
            role=Role.PERSON,
            text=question.text,
            at=turn.now,
            speaker=incoming.author.key,
            speaker_name=incoming.author.name,
            turn_id=turn.id,
            message_ids=turn.question_ids,
            media_note=question.note,
            chat=turn.chat,
        )
        turn.history.append(asked)
        if answer or note:
            turn.history.append(
                replace(
                    asked,
                    role=Role.BOT,
                    text=answer,
                    speaker="",
                    speaker_name="",
                    media_note=note,
                    message_ids=(),
                )
            )

    async def _say_aloud(self, turn: Turn, answer: str) -> None:
        mode = turn.reply_mode
        words = speakable(answer)
        if mode == "text" or not words:
            return
        try:
            choice = await self._speaker.choose(turn)
            spoken = await self._speaker.speak(turn, words, choice)
        except (VeniceError, UserError, CapReached) as error:
            if mode == "voice":
                turn.say(answer)  # the words were paid for: show them
            turn.notice(f"I could not say it aloud. {error.reader_text}")
            return
        if mode == "voice" and spoken.note:
            turn.say(answer)  # what the voice leaves out was paid for, too
        spoken.show(turn)


def _needs(question: Question) -> Needs:
    return ONLY_SEES if question.pictures else NOTHING


def _answer_length(turn: Turn) -> int:
    return int(turn.settings.number("answer_length") or 2_000)


def _budget(turn: Turn, model: Model) -> int:
    return budget(turn.settings.number("context_tokens"), model, _answer_length(turn))


def _check_length(request: ChatRequest, model: Model) -> None:
    """A prompt that cannot fit even at a character a token is refused before it costs anything."""
    if model.context_tokens is None:
        return
    likely = likely_tokens("".join(texts_of(request)))
    if likely + request.max_completion_tokens > model.context_tokens:
        raise UserError(
            f"This is too long for {model.name}, which takes about {model.context_tokens * 3:,} characters. "
            "Shorten it, start anew with `/new`, or choose a model with more room with `/model`."
        )


def _web_search(mode: str) -> WebSearch:
    return mode if mode in ("on", "auto") else "off"
