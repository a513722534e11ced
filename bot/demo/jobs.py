"""Looking at orders and clearing them away: retrieve and complete for films and sounds, and downloads."""

from __future__ import annotations

from starlette.responses import JSONResponse, Response

from bot.demo.checks import Check, flag, shape, text
from bot.demo.faults import FaultKind
from bot.demo.headers import common_headers
from bot.demo.jobbook import DemoJob
from bot.demo.jsonvalue import Json, as_flag, as_text
from bot.demo.refusals import Refusal, plain, require
from bot.demo.state import Call

RETRIEVE_FIELDS: dict[str, Check] = {
    "model": text(1),
    "queue_id": text(1),
    "delete_media_on_completion": flag,
}
COMPLETE_FIELDS: dict[str, Check] = {"model": text(1), "queue_id": text(1)}
RETRIEVE = shape(RETRIEVE_FIELDS, required=("model", "queue_id"))
COMPLETE = shape(COMPLETE_FIELDS, required=("model", "queue_id"))
NOT_FOUND = "Media could not be found. Request may be invalid, expired, or deleted."


def _failure(call: Call, job: DemoJob) -> Refusal | None:
    """The refusal a failing order ends in; gives the money back once where the fault says so."""
    fault = job.fault
    if fault is None or fault.kind is not FaultKind.JOB_FAILS or not job.ready:
        return None
    if fault.refunds and not job.refunded:
        job.refunded = True
        call.state.refund(call.record, job.cost_usd, job.id)
    return Refusal(fault.code, fault.json_body())


async def retrieve(call: Call, kind: str) -> Response:
    """A word on the order's state, or its media."""
    body = require(RETRIEVE, call.record.json)
    job = call.state.jobs.find(kind, as_text(body["model"]), as_text(body["queue_id"]))
    if job is None:
        raise plain(404, NOT_FOUND)
    refusal = _failure(call, job)
    if refusal is not None:
        raise refusal
    if not job.ready or job.token:
        return _status(call, job, "COMPLETED" if job.ready else "PROCESSING")
    media = await job.media()
    job.deleted = as_flag(body.get("delete_media_on_completion"))
    return Response(media, media_type=job.media_type, headers=common_headers(call))


def _status(call: Call, job: DemoJob, status: str) -> Response:
    told: dict[str, Json] = {
        "status": status,
        "average_execution_time": round(call.state.job_seconds * 1000),
        "execution_duration": round(job.running * 1000),
    }
    return JSONResponse(told, headers=common_headers(call))


async def retrieve_film(call: Call, slug: str) -> Response:
    return await retrieve(call, "video")


async def retrieve_sound(call: Call, slug: str) -> Response:
    return await retrieve(call, "audio")


async def complete_sound(call: Call, slug: str) -> Response:
    body = require(COMPLETE, call.record.json)
    job = call.state.jobs.find("audio", as_text(body["model"]), as_text(body["queue_id"]))
    if job is None or not job.ready:
        raise plain(400, "Request ID is invalid.")
    job.deleted = True
    return JSONResponse({"success": True}, headers=common_headers(call))


async def complete_film(call: Call, slug: str) -> Response:
    """Venice refuses every film here, whatever its specification says."""
    require(COMPLETE, call.record.json)
    raise plain(400, "Request ID is invalid.")


async def download(call: Call, slug: str) -> Response:
    """The film at an address of its own; no key is needed, the address is the secret."""
    job = call.state.jobs.at(slug)
    if job is None:
        raise plain(404, NOT_FOUND)
    return Response(await job.media(), media_type=job.media_type)


async def delete_download(call: Call, slug: str) -> Response:
    job = call.state.jobs.at(slug)
    if job is None:
        raise plain(404, NOT_FOUND)
    job.deleted = True
    return Response(status_code=204)
