"""A chat turn: question gathered, price reserved, answer streamed, sources linked, voice added."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.declarations import Medium
from bot.engine.account.saving import AS_SET, Economy, Measure, Saver
from bot.engine.answering.reply import Reply, texts_of
from bot.engine.files.gathering import Gatherer, Question
from bot.engine.groups.overheard import Overheard
from bot.engine.memory.compacting import Compactor, Talk, budget
from bot.engine.memory.context import Past, Room, build_messages, document_tokens, noted
from bot.engine.memory.learning import Learner
from bot.engine.memory.recall import Recall
from bot.engine.memory.remembering import LongMemory, as_lines
from bot.engine.models.book import tier_of
from bot.engine.models.choosing import Chooser, Lineup
from bot.engine.models.needs import Needs
from bot.engine.research.briefing import Brief
from bot.engine.settings.effort import LEVELS
from bot.engine.text.spoken import speakable
from bot.engine.text.tokens import TokenGauge
from bot.engine.tools.rounds import Rounds
from bot.engine.turns.answerbook import AnswerBook
from bot.engine.turns.turn import Turn
from bot.engine.voice.speaking import Speaker
from bot.errors import CapReached, GondolaError, UserError, VeniceError
from bot.records import HistoryItem, Role
from bot.venice import (
    ChatRequest,
    Model,
    Tier,
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


@dataclass(frozen=True, slots=True)
class _Material:
    """What goes into a question: the words and parts, what was said before, whether to search ("" as set),
    the facts that long memory has on it, and what was looked up for it already."""

    question: Question
    past: Past
    search: str = ""
    facts: Sequence[str] = ()
    brief: Brief | None = None


class Talker:
    """Answers questions through Venice's chat."""

    def __init__(
        self,
        chooser: Chooser,
        rounds: Rounds,
        gatherer: Gatherer,
        speaker: Speaker,
        recall: Recall,
        compactor: Compactor,
        gauge: TokenGauge,
        overheard: Overheard,
        answers: AnswerBook,
        long_memory: LongMemory,
        learner: Learner,
        saver: Saver,
    ) -> None:
        self._chooser = chooser
        self._rounds = rounds
        self._gatherer = gatherer
        self._speaker = speaker
        self._recall = recall
        self._compactor = compactor
        self._gauge = gauge
        self._overheard = overheard
        self._answers = answers
        self._long_memory = long_memory
        self._learner = learner
        self._saver = saver

    async def talk(self, turn: Turn) -> None:
        """Answer the turn's own text."""
        turn.gate.check("", Medium.CHAT.value)
        await self.answer(turn, turn.incoming.text)

    async def answer(self, turn: Turn, text: str, *, search: str = "", brief: Brief | None = None) -> None:
        """Answer `text`; `search` overrides the web search setting ("on"). A `brief` is the question with
        what was looked up for it already: nothing more is searched or fetched."""
        turn.answer.typing()
        question = brief.question if brief is not None else None
        if question is None:
            question = await self._gatherer.gather(turn, text, self._fitting)
        lineup = await self._chooser.lineup(turn, question.needs)
        past = await self._past(turn)
        await self._saver.tell(turn)
        facts = as_lines(await self._long_memory.recall(turn, question.text))
        asked = await self._asked(turn, _Material(question, past, search, facts, brief), lineup)
        model, request, reply, answer = asked.model, asked.request, asked.reply, asked.answer
        self._learn(question, model, request, reply)
        if turn.off_record:
            self._answers.withdraw(turn)
        else:
            self._remember(turn, question, answer, reply.deeds)
            self._learner.after(turn, text)
            self._answers.end(turn, reply.outcome(model, search))
            if turn.again is None:
                self._fold(turn, model, past)
        await self._say_aloud(turn, answer)

    async def _asked(self, turn: Turn, material: _Material, lineup: Lineup) -> _Asked:
        """Ask until a model answers, or nobody steps in any more."""
        waited = False
        economy = self._saver.economy(
            turn, lineup, lambda model, measure: self._request(turn, model, material, measure)
        )
        await economy.begin()
        while True:
            model = lineup.model
            request = self._request(turn, model, material, economy.measure)
            reply = Reply(turn, self._answers.clock, turn.reply_mode != "voice", waited=waited)
            reply.note = "\n\n".join(note for note in (lineup.note, economy.note) if note)
            if material.brief is not None:
                request = _resting(request)
                reply.cite_all(material.brief.sources)
            if reply.shown:
                self._answers.begin(turn)
            try:
                if await self._served(turn, lineup, request, reply, economy):
                    return _Asked(lineup.model, request, reply, reply.finish())
            except (asyncio.CancelledError, GondolaError) as error:
                # A UserError (refused, nothing to say, a full cap) leaves nothing worth keeping.
                arrived = reply.arrived and not isinstance(error, UserError)
                self._broken_off(turn, material, lineup.model, reply, arrived=arrived)
                raise
            waited = reply.waited

    async def _served(
        self, turn: Turn, lineup: Lineup, request: ChatRequest, reply: Reply, economy: Economy
    ) -> bool:
        """Stream the answer; False where it was refused before any word and another model, or a smaller
        question, takes over."""
        try:
            await self._rounds.run(turn, lineup, request, reply)
        except CapReached as error:
            if reply.begun or not await economy.tighten(error):
                raise
            return False
        except VeniceError as error:
            # Once tools ran, the rounds themselves have seen to it.
            if reply.begun or not await lineup.step_in(error):
                raise
            return False
        return True

    async def _past(self, turn: Turn) -> Past:
        """What the model is shown before the question."""
        if turn.again is not None:
            turn.chat = turn.again.old.chat
            return Past("", turn.again.history, turn.chat)
        if not turn.off_record:
            await self._recall.begin(turn)
        return await self._recall.past(turn)

    async def outlook(self, turn: Turn) -> Outlook:
        """What the next question would send and cost, without asking it."""
        nothing = Question("")
        model = (await self._chooser.choose(turn)).model
        past = await self._recall.past(turn)
        request = self._request(turn, model, _Material(nothing, past))
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
        self, turn: Turn, material: _Material, model: Model, reply: Reply, *, arrived: bool
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
        if turn.off_record:
            self._answers.withdraw(turn)
            return
        deeds = reply.deeds if arrived else ["stopped before the first word"]
        self._remember(turn, material.question, answer, deeds)
        unfinished = arrived and reply.finished is None
        self._answers.end(turn, reply.outcome(model, material.search, unfinished=unfinished))

    async def _fitting(self, turn: Turn, needs: Needs) -> Model:
        """Who would answer a question with such needs."""
        return (await self._chooser.choose(turn, needs)).model

    def _request(
        self, turn: Turn, model: Model, material: _Material, measure: Measure = AS_SET
    ) -> ChatRequest:
        question = material.question
        settings, place = turn.settings, turn.incoming.place
        enclosed = tier_of(settings) is Tier.TEE  # a search would leave the enclave
        alone = enclosed or measure.spare
        character = settings.text("character")
        request = ChatRequest(
            messages=build_messages(
                incoming=turn.incoming,
                question=question.text,
                parts=question.parts,
                past=material.past,
                room=Room(self._gauge, model.id, _budget_beside(turn, model, question, measure.context)),
                persona=settings.text("system_prompt"),
                character=bool(character),
                now=turn.now,
                overheard=self._overheard.lines(place.room, _overhears(turn)),
                facts=material.facts,
            ),
            max_completion_tokens=min(_answer_length(turn), measure.answer or _answer_length(turn)),
            temperature=settings.number("temperature"),
            top_p=settings.number("top_p"),
            reasoning="off" if measure.answer else LEVELS.get(settings.text("thinking"), "off"),
            cache_key=place.conversation,
            user=turn.person,
            web_search=_web_search(material.search or ("off" if alone else settings.text("web_search")))
            if not enclosed
            else "off",
            web_scraping=not alone and settings.flag("scraping") and "://" in question.text,
            character_slug=character,
        )
        request = self._rounds.equipped(turn, model, request)
        _check_length(request, model)
        return request

    def _learn(self, question: Question, model: Model, request: ChatRequest, reply: Reply) -> None:
        """Only a prompt of nothing but our own text says how many tokens text has."""
        first = reply.heard[0]
        plain = not (question.parts or first.searched or request.character_slug or request.web_scraping)
        if plain and first.usage is not None:
            self._gauge.learn(model.id, texts_of(request), first.usage.prompt)

    def _fold(self, turn: Turn, model: Model, past: Past) -> None:
        if past.branch:
            return
        newest = self._gauge.prompt(model.id, (item.text for item in turn.history))
        place = turn.incoming.place
        self._compactor.after(Talk(place, turn.person, model, _budget(turn, model), newest), past)

    def _remember(self, turn: Turn, question: Question, answer: str, deeds: Sequence[str]) -> None:
        incoming = turn.incoming
        note = noted(deeds)
        if turn.again is not None:
            old = turn.again.old
            kept = old.media_note if turn.again.proceed else note
            turn.history.append(replace(old, text=old.text + answer, media_note=kept))
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
        if mode == "voice" and not spoken.whole:
            turn.say(answer)  # what the voice leaves out was paid for, too
        spoken.show(turn)


def _resting(request: ChatRequest) -> ChatRequest:
    """The request for an answer that rests on what strangers wrote: they may wish for tools in vain. The list
    of tools stays, so that the cached prefix fits."""
    choice = "none" if request.tools else request.tool_choice
    return replace(request, web_search="off", web_scraping=False, tool_choice=choice)


def _overhears(turn: Turn) -> int:
    """How many lines said around the bot go along."""
    return 0 if turn.off_record else int(turn.settings.number("overhear") or 0)


def _answer_length(turn: Turn) -> int:
    return int(turn.settings.number("answer_length") or 2_000)


def _budget(turn: Turn, model: Model) -> int:
    return budget(turn.settings.number("context_tokens"), model, _answer_length(turn))


def _budget_beside(turn: Turn, model: Model, question: Question, most: int) -> int:
    """The budget of the talk (`most`, 0 for as set), less where documents leave the model no room for it."""
    tokens = min(_budget(turn, model), most) if most else _budget(turn, model)
    if model.context_tokens is None:
        return tokens
    left = model.context_tokens - _answer_length(turn) - document_tokens(question.parts)
    return max(0, min(tokens, left))


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
