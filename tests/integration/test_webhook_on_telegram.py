"""Telegram's updates posted to the web door: journalled before 200, in order, by nobody else."""

from __future__ import annotations

import asyncio
import io
import json
import socket
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import aiohttp
import pytest
from structlog.testing import capture_logs

from adapters.telegram.adapter import TelegramAdapter
from adapters.telegram.webhook import Receiving, secret_of
from bot.demo import DemoVenice
from bot.errors import GondolaError, OperatorError
from bot.messages import Incoming
from bot.ports import Hook
from bot.settings import load_configuration
from tests.fakes.telegram import FakeTelegram
from tests.integration.platforms import house
from tests.integration.telegram.front import QUICK, RecordingFront
from tests.integration.test_voice_on_platforms import WAIT

SECRET = "X-Telegram-Bot-Api-Secret-Token"
URL = "https://bot.example/hooks/telegram"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def hooked(tg: FakeTelegram) -> dict[str, str]:
    """The settings of a house that Telegram posts to."""
    port = free_port()
    return {
        "TELEGRAM_TOKEN": tg.token,
        "TELEGRAM_BASE_URL": tg.base_url,
        "TELEGRAM_WEBHOOK": "on",
        "GONDOLA_HTTP": f"127.0.0.1:{port}",
        "GONDOLA_PUBLIC_URL": f"http://127.0.0.1:{port}",
    }


async def test_people_are_answered_without_a_poll(tmp_path: Path, venice: DemoVenice) -> None:
    async with FakeTelegram() as tg, house(tmp_path, venice, **hooked(tg)):
        ann = tg.user("Ann")
        chat = tg.private(ann)
        tg.say(chat, ann, "Good morning")
        await tg.wait_for(lambda: bool(tg.replies(chat)), timeout=WAIT)
        tg.say(chat, ann, "/help")
        await tg.wait_for(lambda: len(tg.replies(chat)) > 1, timeout=WAIT)
        assert tg.calls_of("getUpdates") == []
        assert tg.queue.pending == []
        assert set(tg.webhook.posts) == {200}
        assert tg.queue.allowed == (
            "message",
            "edited_message",
            "callback_query",
            "my_chat_member",
            "chat_member",
        )
        assert tg.violations == []


async def test_what_was_said_before_the_start_is_answered(tmp_path: Path, venice: DemoVenice) -> None:
    async with FakeTelegram() as tg:
        ann = tg.user("Ann")
        chat = tg.private(ann)
        tg.say(chat, ann, "Good morning")
        async with house(tmp_path, venice, **hooked(tg)):
            await tg.wait_for(lambda: bool(tg.replies(chat)), timeout=WAIT)


async def test_only_telegram_may_post(tmp_path: Path, venice: DemoVenice) -> None:
    async with FakeTelegram() as tg:
        settings = hooked(tg)
        hook = f"{settings['GONDOLA_PUBLIC_URL']}/hooks/telegram"
        ann = tg.user("Ann")
        chat = tg.private(ann)
        async with house(tmp_path, venice, **settings), aiohttp.ClientSession() as browser:
            await tg.wait_for("setWebhook", WAIT)
            forged = {"update_id": 1, "message": {"message_id": 1, "text": "hi", "chat": {"id": chat.id}}}
            secret = {SECRET: secret_of(tg.token)}

            async def post(url: str, body: bytes | io.BytesIO, headers: Mapping[str, str]) -> int:
                async with browser.post(url, data=body, headers=headers) as answer:
                    return answer.status

            update = json.dumps(forged).encode()
            statuses = [
                await post(hook, update, {}),
                await post(hook, update, {SECRET: "guess"}),
                await post(hook, update, {SECRET: "schl\u00fcssel"}),
                await post(hook, b"not json", secret),
                await post(hook, b"[]", secret),
                await post(hook, io.BytesIO(b" " * 1_100_000), secret),
                await post(hook.replace("telegram", "discord"), update, secret),
            ]
            assert statuses == [403, 403, 403, 400, 400, 413, 404]
            async with browser.get(hook) as answer:
                assert answer.status == 405
            tg.say(chat, ann, "Good morning")
            await tg.wait_for(lambda: bool(tg.replies(chat)), timeout=WAIT)
            assert len(tg.replies(chat)) == 1


@pytest.mark.parametrize(
    ("url", "server", "fine"),
    [
        ("", "", False),
        ("http://bot.example", "", False),
        ("https://bot.example", "", True),
        ("http://10.0.0.5:8080", "http://10.0.0.6:8081", True),
    ],
)
def test_a_webhook_needs_an_address(url: str, server: str, fine: bool) -> None:
    environment = {"TELEGRAM_WEBHOOK": "on", "GONDOLA_PUBLIC_URL": url, "TELEGRAM_BASE_URL": server}
    if fine:
        assert load_configuration(environment).telegram_webhook
        return
    with pytest.raises(OperatorError) as caught:
        load_configuration(environment)
    assert "GONDOLA_PUBLIC_URL" in caught.value.reader_text


# --- the adapter by itself ---


class FullDisk(RecordingFront):
    """Cannot journal the first time."""

    def __init__(self) -> None:
        super().__init__()
        self.full = True

    async def submit(self, events: Sequence[Incoming]) -> None:
        if self.full and events:
            self.full = False
            raise GondolaError(detail="disk full")
        await super().submit(events)


@pytest.fixture
async def tg() -> AsyncIterator[FakeTelegram]:
    async with FakeTelegram() as fake:
        yield fake
        assert fake.violations == []


@asynccontextmanager
async def receiving(
    tg: FakeTelegram, front: RecordingFront, check: float = 60.0
) -> AsyncGenerator[dict[str, Hook]]:
    """The adapter at work, with the hooks it entered itself into."""
    hooks: dict[str, Hook] = {}
    place = Receiving(hooks, URL, check)
    adapter = TelegramAdapter(front, tg.token, base_url=tg.base_url, timing=QUICK, receiving=place)
    running = asyncio.create_task(adapter.run())
    try:
        await tg.wait_for(lambda: tg.queue.webhook_url == URL or running.done() or None)
        yield hooks
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
        assert hooks == {}


async def posted(tg: FakeTelegram, hook: Hook, update: object) -> int:
    return int(await hook({SECRET.lower(): secret_of(tg.token)}, json.dumps(update).encode()))


async def test_an_update_that_cannot_be_journalled_is_asked_for_again(tg: FakeTelegram) -> None:
    front = FullDisk()
    ann = tg.user("Ann")
    async with receiving(tg, front) as hooks:
        update = tg.say(tg.private(ann), ann, "hello").update
        assert await posted(tg, hooks["telegram"], update) == 503
        assert front.events == []
        assert await posted(tg, hooks["telegram"], update) == 200
        assert await posted(tg, hooks["telegram"], update) == 200
    assert [event.text for event in front.events] == ["hello"]
    assert len(front.duplicates) == 1


async def test_an_update_nobody_understands_is_taken_and_named_without_its_words(tg: FakeTelegram) -> None:
    front = RecordingFront()
    async with receiving(tg, front) as hooks:
        with capture_logs() as logs:
            broken = {"update_id": 5, "message": {"text": "not for the log"}}
            assert await posted(tg, hooks["telegram"], broken) == 200
    assert "telegram.unreadable" in [line["event"] for line in logs]
    assert "not for the log" not in str(logs)


async def test_a_webhook_that_another_program_took_is_taken_back(tg: FakeTelegram) -> None:
    front = RecordingFront()
    async with receiving(tg, front, check=0.05):
        with capture_logs() as logs:
            tg.queue.webhook_url = "https://other.example/"
            await tg.wait_for(lambda: tg.queue.webhook_url == URL)
            heard = front.polls
            await tg.wait_for(lambda: front.polls > heard)
    assert "telegram.hook_lost" in [line["event"] for line in logs]


async def test_what_telegram_complains_of_is_logged_once(tg: FakeTelegram) -> None:
    ann = tg.user("Ann")
    with capture_logs() as logs:
        async with receiving(tg, RecordingFront(), check=0.05):
            tg.say(tg.private(ann), ann, "hello")
            asked = len(tg.calls_of("getWebhookInfo"))
            await tg.wait_for(lambda: len(tg.calls_of("getWebhookInfo")) > asked + 3)
    failing = [line for line in logs if line["event"] == "telegram.hook_failing"]
    assert [line["reason"] for line in failing] == ["Connection refused"]


async def test_polling_again_takes_the_webhook_away(tg: FakeTelegram) -> None:
    front = RecordingFront()
    async with receiving(tg, front):
        pass
    assert tg.queue.webhook_url == URL, "a restart loses nothing: Telegram keeps what it cannot post"
    ann = tg.user("Ann")
    tg.say(tg.private(ann), ann, "said meanwhile")
    running = asyncio.create_task(TelegramAdapter(front, tg.token, base_url=tg.base_url, timing=QUICK).run())
    assert (await front.event()).text == "said meanwhile"
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
