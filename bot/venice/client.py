"""The Venice client: one object, shared by every turn of the process and every key it acts with.

Every method raises VeniceError (or UserError from the catalogue) and nothing else. GETs are repeated;
POSTs only when Venice cannot have begun to work, and a chat never after its first event.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from types import TracebackType
from typing import Self
from urllib.parse import quote

from pydantic import SecretStr

from bot.errors import VeniceError, VeniceFailure
from bot.venice.account import Account
from bot.venice.augment import Augment
from bot.venice.bodies import Body, chat_body
from bot.venice.calls import Calls
from bot.venice.catalogue import Catalogue
from bot.venice.chat import AnswerAssembler
from bot.venice.credentials import HOUSE, Credential, Keychain, acting_with
from bot.venice.data import as_object
from bot.venice.errors import failure
from bot.venice.http import StreamAnswer, Timeouts, Wire
from bot.venice.images import Images
from bot.venice.limits import Limits
from bot.venice.listings import (
    Character,
    CharacterQuery,
    RateLimits,
    character_params,
    read_character,
    read_characters,
    read_rate_limits,
    read_styles,
    read_traits,
)
from bot.venice.media import (
    EmbeddingRequest,
    Embeddings,
    ImageRequest,
    ImageResult,
    Speech,
    SpeechRequest,
    Transcript,
    TranscriptionRequest,
)
from bot.venice.media_answers import read_embeddings, read_images, read_speech, read_transcript
from bot.venice.media_bodies import embedding_body, image_body, speech_body, transcription_form
from bot.venice.models import Medium, Model, read_models
from bot.venice.queued import Jobs
from bot.venice.retry import Retry
from bot.venice.reviews import ReviewPage, read_reviews, review_params
from bot.venice.sse import DONE, event_texts
from bot.venice.tally import Tally
from bot.venice.types import ChatEvent, ChatRequest, ChatResult, Citations, Finished, UsageReport
from bot.venice.voices import ClonedVoice, VoiceSample, clone_form, read_voice

CHAT = "chat/completions"
TRAIT_MEDIA: tuple[Medium, ...] = ("text", "image")


class VeniceClient:
    """Use as an async context manager, or call `aclose`.

    Chat, listings, making pictures and speech are methods here; changing pictures is `images`, films and
    music are `jobs`, searching and reading `augment`, money and keys `account`.

    Calls go out with the client's own key, or with the one its caller acts with (credentials.py); what is
    the same for everybody (models, traits, styles) always with its own.

    `limits` is shared state of the key: its `turn` is the fair queue callers wait in before a call; the
    client itself feeds it from headers and refusals, and asks its breaker before sending.
    """

    def __init__(
        self,
        api_key: str,
        base_url: str = "https://api.venice.ai/api/v1",
        *,
        timeouts: Timeouts | None = None,
        limits: Limits | None = None,
        retry: Retry | None = None,
    ) -> None:
        """`base_url` ends in /api/v1."""
        self.base_url = base_url
        self.keychain = Keychain(Credential(HOUSE, SecretStr(api_key), limits or Limits()))
        self._wire = Wire(base_url, self.keychain.bearer, timeouts)
        self._retry = retry or Retry()
        self._calls = Calls(self._wire, self.keychain, self._retry)
        self.images = Images(self._calls)
        self.jobs = Jobs(self._calls)
        self.augment = Augment(self._calls)
        self.account = Account(self._calls)

    @property
    def tally(self) -> Tally:
        """Counts of the calls so far."""
        return self._wire.tally

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    @property
    def limits(self) -> Limits:
        """Those of the key that calls go out with now."""
        return self.keychain.now.limits

    async def aclose(self) -> None:
        """Close every connection."""
        await self._wire.aclose()

    # Chat

    async def chat_stream(self, request: ChatRequest, model: Model) -> AsyncGenerator[ChatEvent]:
        """The events of one answer; `Finished` is the last one of a complete answer.

        Wrap in `contextlib.aclosing` when you may leave early: closing hangs up. Raises VeniceError after
        giving out what arrived; TRUNCATED when the answer broke off.
        """
        body = chat_body(request, model, stream=True)
        tried, waited = 0, 0.0
        while True:
            started = False
            try:
                async with aclosing(self._stream_once(body, request.user)) as events:
                    async for event in events:
                        started = True
                        yield event
                return
            except VeniceError as error:
                tried += 1
                delay = None if started else self._retry.delay(error, tried, waited, idempotent=False)
                if delay is None:
                    raise
            waited += delay
            await self._retry.sleep(delay)

    async def _stream_once(self, body: Body, person: str) -> AsyncGenerator[ChatEvent]:
        model_id = str(body["model"])
        self.limits.breaker.check(person)
        try:
            async with self._wire.stream(CHAT, body) as answer:
                self._calls.heard(answer.notices, model_id)
                async with aclosing(self._events(answer)) as events:
                    async for event in events:
                        yield event
        except VeniceError as error:
            self._calls.learn(error, model_id, person)
            raise

    async def _events(self, answer: StreamAnswer) -> AsyncGenerator[ChatEvent]:
        assembler = AnswerAssembler(answer.notices)
        done = False
        broken: VeniceError | None = None
        try:
            async with aclosing(self._texts(answer)) as texts:
                async for text in texts:
                    done = text == DONE
                    for event in [] if done else assembler.feed(_parsed(text)):
                        yield event
                    if done or assembler.error is not None:
                        break
        except VeniceError as error:
            broken = error
        # An answer with its finish reason is complete, even if the line broke right after.
        for event in assembler.close(done=done):
            yield event
        if assembler.error is not None:
            raise _with_id(broken or assembler.error, assembler.error.request_id)

    def _texts(self, answer: StreamAnswer) -> AsyncGenerator[str]:
        if answer.mime == "application/json":
            return _whole_text(answer.chunks)
        if answer.mime in ("text/event-stream", ""):
            return event_texts(answer.chunks, quiet=self._wire.timeouts.quiet)
        raise failure(VeniceFailure.BAD_ANSWER, detail=f"stream of type {answer.mime}")

    async def chat(self, request: ChatRequest, model: Model) -> ChatResult:
        """A whole answer at once, for short side questions; long ones time out at Venice's gateway."""
        body = chat_body(request, model, stream=False)
        answer = await self._calls.paid(model.id, request.user, lambda: self._wire.post(CHAT, body))
        assembler = AnswerAssembler(answer.notices)
        events = assembler.feed(answer.json())
        events += assembler.close(done=True)
        return _result(assembler, events)

    # Listings

    async def models(self) -> tuple[Model, ...]:
        """Every model this key sees, of all media."""
        with acting_with(None):
            return read_models((await self._calls.get("models", [("type", "all")])).json())

    async def traits(self, medium: Medium = "text") -> dict[str, str]:
        """Trait name to model id; Venice names traits for text and image."""
        with acting_with(None):
            return read_traits((await self._calls.get("models/traits", [("type", medium)])).json())

    async def compatibility_mapping(self, medium: Medium = "text") -> dict[str, str]:
        """Foreign model name to Venice id; changes without notice."""
        with acting_with(None):
            answer = await self._calls.get("models/compatibility_mapping", [("type", medium)])
        return read_traits(answer.json())

    async def catalogue(self) -> Catalogue:
        """Models and traits in one. Raises BAD_ANSWER for an empty list."""
        models = await self.models()
        if not models:
            raise failure(VeniceFailure.BAD_ANSWER, detail="no models")
        return Catalogue(models, {medium: await self.traits(medium) for medium in TRAIT_MEDIA})

    async def characters(self, query: CharacterQuery | None = None) -> tuple[Character, ...]:
        """One page of public characters."""
        params = character_params(query or CharacterQuery())
        return read_characters((await self._calls.get("characters", params)).json())

    async def character(self, slug: str) -> Character:
        """One public character. Raises VeniceError NOT_FOUND."""
        answer = await self._calls.get(f"characters/{_step(slug)}")
        found = read_character(as_object(answer.json()).get("data"))
        if found is None:
            raise failure(VeniceFailure.BAD_ANSWER, detail="no character")
        return found

    async def character_reviews(self, slug: str, page: int = 1, page_size: int = 20) -> ReviewPage:
        """What people say of a character; pages count from 1. Raises VeniceError NOT_FOUND."""
        path = f"characters/{_step(slug)}/reviews"
        return read_reviews((await self._calls.get(path, review_params(page, page_size))).json())

    async def image_styles(self) -> tuple[str, ...]:
        """Exact names for `ImageRequest.style`."""
        with acting_with(None):
            return read_styles((await self._calls.get("image/styles")).json())

    async def rate_limits(self) -> RateLimits:
        """What this key may do; also the only real check of a key. Feeds `limits`."""
        found = read_rate_limits((await self._calls.get("api_keys/rate_limits")).json())
        self.limits.set_limits(found.models)
        return found

    # Media

    async def generate_image(self, request: ImageRequest, model: Model, *, user: str = "") -> ImageResult:
        """Pictures. `user` is the person's hash, for the error breaker only."""
        body = image_body(request, model)
        answer = await self._calls.paid(model.id, user, lambda: self._wire.post("image/generate", body))
        return read_images(answer)

    async def speech(self, request: SpeechRequest, model: Model, *, user: str = "") -> Speech:
        """Spoken text. `user` is the person's hash, for the error breaker only."""
        body = speech_body(request, model)
        answer = await self._calls.paid(model.id, user, lambda: self._wire.post("audio/speech", body))
        return read_speech(answer)

    async def clone_voice(self, sample: VoiceSample, model: Model, *, user: str = "") -> ClonedVoice:
        """Learn a voice; the speaker has to agree. Sent once: a lost answer may have made one. FORBIDDEN
        where Venice has not opened the model to this account."""
        fields, file = clone_form(sample, model)
        send = self._wire.post_form
        answer = await self._calls.order(model.id, user, lambda: send("audio/voices", fields, file))
        return read_voice(answer, model)

    async def transcribe(self, request: TranscriptionRequest, model: Model, *, user: str = "") -> Transcript:
        """Written speech. `user` is the person's hash, for the error breaker only."""
        fields, file = transcription_form(request, model)
        answer = await self._calls.paid(
            model.id, user, lambda: self._wire.post_form("audio/transcriptions", fields, file)
        )
        return read_transcript(answer)

    async def embed(self, request: EmbeddingRequest, model: Model) -> Embeddings:
        """One vector per text."""
        body = embedding_body(request, model)
        answer = await self._calls.paid(model.id, request.user, lambda: self._wire.post("embeddings", body))
        return read_embeddings(answer, len(request.texts))


def _step(name: str) -> str:
    """A name as one step of a path. Raises VeniceError NOT_FOUND for none."""
    if not name.strip("./ "):
        # Dots alone would climb out of the path.
        raise failure(VeniceFailure.NOT_FOUND, detail="no name")
    return quote(name, safe="")


def _with_id(error: VeniceError, request_id: str | None) -> VeniceError:
    error.request_id = error.request_id or request_id
    return error


def _parsed(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError as error:
        raise failure(VeniceFailure.TRUNCATED, detail="unreadable chunk") from error


async def _whole_text(chunks: AsyncIterator[bytes]) -> AsyncGenerator[str]:
    """An answer that came whole although a stream was asked for."""
    yield b"".join([chunk async for chunk in chunks]).decode("utf-8", "replace")
    yield DONE


def _result(assembler: AnswerAssembler, events: list[ChatEvent]) -> ChatResult:
    if assembler.error is not None:
        raise assembler.error
    finished = next(event for event in events if isinstance(event, Finished))
    sources = [event.sources for event in events if isinstance(event, Citations)]
    usage = [event for event in events if isinstance(event, UsageReport)]
    return ChatResult(
        text=assembler.text,
        reasoning=assembler.reasoning,
        tool_calls=finished.message.tool_calls,
        sources=sources[-1] if sources else (),
        usage=usage[-1] if usage else None,
        finished=finished,
    )
