"""`client.jobs`: quotes, orders, looks and clearing away for films and sound."""

from __future__ import annotations

from bot.errors import VeniceError, VeniceFailure
from bot.venice.bodies import Body
from bot.venice.calls import Calls
from bot.venice.data import as_decimal, as_object, as_text
from bot.venice.errors import failure
from bot.venice.http import Answer
from bot.venice.job_answers import final_state, read_media, read_state
from bot.venice.job_bodies import (
    audio_body,
    audio_quote_body,
    job_body,
    video_body,
    video_quote_body,
)
from bot.venice.jobs import AudioRequest, Done, Failed, Gone, Job, JobKind, JobState, VideoRequest
from bot.venice.models import Model
from bot.venice.pricing import MICRO, round_up


class Jobs:
    """Quotes and looks change nothing and are repeated after passing trouble. An order is sent once: when
    its answer is lost, the job may run and be charged, and Venice has no way to find it again.

    `user` is the person's hash, for the error breaker.
    """

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def quote_video(self, request: VideoRequest, model: Model, *, user: str = "") -> int:
        """What exactly this film costs, in micro-USD, rounded up. Films have no list price."""
        return await self._quote("video/quote", video_quote_body(request, model), user)

    async def quote_audio(self, request: AudioRequest, model: Model, *, user: str = "") -> int:
        """What exactly this sound costs, in micro-USD, rounded up."""
        return await self._quote("audio/quote", audio_quote_body(request, model), user)

    async def queue_video(self, request: VideoRequest, model: Model, *, user: str = "") -> Job:
        """Order a film; charged at once. On TIMEOUT and TRUNCATED it may have been ordered all the same."""
        return await self._order("video", video_body(request, model), model, user)

    async def queue_audio(self, request: AudioRequest, model: Model, *, user: str = "") -> Job:
        """Order music, a sound or a narration; charged at once, with the same doubt as for films."""
        return await self._order("audio", audio_body(request, model), model, user)

    async def retrieve(self, job: Job, *, delete: bool = False) -> JobState:
        """How the job is doing. Failed and Gone are final; Done may be asked for again within 24 hours.

        With `delete` Venice forgets the media once it has sent them: an answer that breaks off may then be
        the last one. Raises VeniceError for passing trouble only.
        """
        body = job_body(job, delete=delete)
        try:
            answer = await self._calls.read(lambda: self._calls.wire.media(f"{job.kind}/retrieve", body))
        except VeniceError as error:
            state = final_state(error)
            if state is None:
                raise
            return state
        state = read_state(answer)
        return await self._fetched(job) if state is None else state

    async def _fetched(self, job: Job) -> JobState:
        """The film of a job whose retrieve never sends it."""
        if not job.download_url:
            return Gone("finished, but its address was not kept")
        try:
            answer = await self._calls.read(lambda: self._calls.wire.elsewhere("GET", job.download_url))
        except VeniceError as error:
            state = final_state(error)
            if isinstance(state, Gone) or error.failure is VeniceFailure.FORBIDDEN:
                return Gone(error.detail)
            raise
        return read_media(answer)

    async def complete(self, job: Job) -> bool:
        """Tell Venice that the media are safe here and may go; False when it will not hear of it.

        It refuses films with 400 at present; `discard` knows the way around.
        """
        body = job_body(job)
        try:
            answer = await self._calls.read(lambda: self._calls.wire.post(f"{job.kind}/complete", body))
        except VeniceError as error:
            if error.failure in (VeniceFailure.BAD_REQUEST, VeniceFailure.NOT_FOUND):
                return False
            raise
        return as_object(answer.json()).get("success") is True

    async def discard(self, job: Job) -> bool:
        """Have the media deleted, by whichever way works; True when they are gone from Venice.

        Call it only once they are stored: a film is read once more for it and thrown away.
        """
        if job.download_url:
            try:
                await self._calls.read(lambda: self._calls.wire.elsewhere("DELETE", job.download_url))
            except VeniceError as error:
                if not isinstance(final_state(error), Gone):
                    raise
            return True
        if job.kind == "audio" and await self.complete(job):
            return True
        return isinstance(await self.retrieve(job, delete=True), Done | Gone | Failed)

    async def _quote(self, path: str, body: Body, user: str) -> int:
        answer = await self._calls.read(lambda: self._calls.wire.post(path, body), user)
        usd = as_decimal(as_object(answer.json()).get("quote"))
        if usd is None or usd < 0:
            raise _bad_answer(answer, "no quote")
        return round_up(usd * MICRO)

    async def _order(self, kind: JobKind, body: Body, model: Model, user: str) -> Job:
        send = self._calls.wire.post
        answer = await self._calls.order(model.id, user, lambda: send(f"{kind}/queue", body))
        fields = as_object(answer.json())
        queue_id = as_text(fields.get("queue_id"))
        if not queue_id:
            raise _bad_answer(answer, "no queue id")
        model_id = as_text(fields.get("model")) or model.id
        return Job(kind, model_id, queue_id, as_text(fields.get("download_url")))


def _bad_answer(answer: Answer, detail: str) -> VeniceError:
    return failure(VeniceFailure.BAD_ANSWER, detail=detail, request_id=answer.notices.request_id)
