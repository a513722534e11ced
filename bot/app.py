"""The composition root: the only module that sees bot, adapters and storage together."""

from __future__ import annotations

import asyncio
import secrets
import signal
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

import structlog

from adapters.discord.adapter import DiscordAdapter
from adapters.telegram.adapter import TelegramAdapter
from adapters.telegram.webhook import Receiving
from adapters.web.adapter import WebAdapter
from bot.assembly import assemble
from bot.dashboard import PlatformHealth
from bot.demo import DemoVenice
from bot.engine.money.caps import DEFAULT_CAP, dollars
from bot.errors import GondolaError
from bot.metrics import Metrics, Sources
from bot.notify import READY, STOPPING, tell_systemd
from bot.ports import Adapter, Door, Hook
from bot.sealedfiles import FileCipher
from bot.sealing import Sealer
from bot.secret import SecretKeys, prepare_data_dir, secret_keys
from bot.settings import Configuration
from bot.storing import Store
from bot.supervision import Platform
from bot.upkeep import expire_backups
from bot.venice import Timeouts, VeniceClient
from storage import ContentCipher, open_store

log: structlog.stdlib.BoundLogger = structlog.get_logger()

DRAIN_SECONDS = 25.0
ORDER_SECONDS = 10.0
"""How long to wait for orders that are just being sent, before they are left to the next process."""
LEASE_SECONDS = 60.0
HOUSEKEEPING_SECONDS = 20.0
READ_MARKS_KEPT = 30 * 86_400.0
"""Seconds without anything from people after which it is forgotten how far a channel was read."""
EXPIRED_VOICES_KEPT = 30 * 86_400.0
"""Seconds for which it can still be said that somebody's voice has expired."""
SEAL_PAUSE = 0.05
"""Seconds between two batches of words that are encrypted anew."""
PAIRINGS_KEPT = 86_400.0
"""Seconds for which it is known that a stranger asked to be let in: how often is counted by day."""
AUDIT_KEPT = 400 * 86_400.0
"""Seconds for which it is known who changed what: a year, and some days to look at it."""
DEMO_KEY = "demo"


class House:
    """Everything running in one process."""

    def __init__(
        self,
        configuration: Configuration,
        store: Store,
        client: VeniceClient,
        keys: SecretKeys,
        admin: VeniceClient | None,
    ) -> None:
        self._configuration = configuration
        self._store = store
        self._sealing_keys = keys.sealing
        self.venice = client
        self.doors: dict[str, Door] = {}
        self._hooks: dict[str, Hook] = {}
        self.parts = assemble(
            store,
            client,
            self.doors,
            key=keys.hashing,
            sealer=Sealer(keys.sealing),
            admin=admin,
            is_open=configuration.gondola_access == "open",
            owners=configuration.owners,
            public_url=configuration.gondola_public_url,
            backup_days=configuration.gondola_backup_days,
            local_url=self._local_url,
            health=self._health,
        )
        self.engine = self.parts.engine
        self.metrics = Metrics(
            Sources(
                platforms=lambda: self.platforms,
                last_handled=self.engine.last_handled,
                workload=self.engine.workload,
                venice=client.tally,
                store=store,
            )
        )
        self.web = self._web()
        self.platforms = [
            Platform(
                "web", lambda: self.web, self.doors, essential=True, trouble=self.parts.pulse.platform_trouble
            ),
            *self._chat_platforms(),
        ]

    @asynccontextmanager
    async def doors_open(self) -> AsyncGenerator[None]:
        """Serve every platform; at the end finish what runs, keep partial answers, let go of platforms."""
        tasks = [asyncio.create_task(platform.run()) for platform in self.platforms]
        try:
            await self._page_open(tasks[0])
            await self.engine.recover()
            beside = (
                _venice_check(self),
                self._housekeeping(),
                self._sealing(),
                self.engine.keep_checkpoints(),
                self.parts.workshop.run(),
                self.parts.alarm.run(),
                self.parts.account.keep(self.parts.chores.ran),
                self.parts.radar.watch(self.parts.chores.ran),
                self.parts.pulse.keep(self.parts.chores.ran),
                self.parts.eraser.run(self.parts.chores.ran),
                self.parts.reconciler.watch(self.parts.chores.ran),
                self.parts.cap_watch.run(self.parts.chores.ran),
                self.parts.retention.watch(self.parts.chores.ran),
                self.parts.books.run(),
            )
            tasks += [asyncio.create_task(work) for work in beside]
            yield
        finally:
            self.parts.alarm.close()
            self.parts.pulse.broadcast.close()
            await self.engine.drain(DRAIN_SECONDS)
            await self.parts.workshop.close(ORDER_SECONDS)
            await self.parts.delivery.close(grace=2.0)
            await self.parts.pulse.flush()
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)

    async def _page_open(self, web: asyncio.Task[None]) -> None:
        """Wait until the page is open; a page that cannot open is the operator's to mend."""
        started = asyncio.create_task(self.web.started.wait())
        await asyncio.wait([started, web], return_when=asyncio.FIRST_COMPLETED)
        started.cancel()
        if web.done():
            await web

    async def _housekeeping(self) -> None:
        """Keep leases, sweep what dead instances left, until cancelled."""
        while True:
            await asyncio.sleep(HOUSEKEEPING_SECONDS)
            try:
                await self._store.turns.renew_leases()
                # Before the sweep: it would book what was reserved for a turn that never called Venice.
                recovered = await self.engine.recover()
                swept = await self._store.turns.sweep(time.time())
                await self._store.buttons.purge(time.time())
                await self._store.vault.purge(time.time())
                await self._store.orders.purge(time.time())
                await self._store.reading.purge(time.time() - READ_MARKS_KEPT)
                await self._store.own_voices.purge(time.time() - EXPIRED_VOICES_KEPT)
                await self._store.pairings.purge(time.time() - PAIRINGS_KEPT)
                await self._store.audit.purge(time.time() - AUDIT_KEPT)
                # People are told how long backups are kept; that is true without anybody making another.
                await asyncio.to_thread(expire_backups, self._configuration)
                await self._store.figures.purge(time.time())
                await self._store.sign_ins.purge(time.time())
                self.parts.chores.ran("housekeeping")
            except GondolaError as error:
                self.parts.chores.ran("housekeeping", error.detail)
                log.warning("housekeeping.failed", reason=error.detail)
                continue
            if swept or recovered:
                log.warning("housekeeping.recovered", reservations=swept, turns=recovered)

    async def _sealing(self) -> None:
        """Encrypt what is stored from before there was this key, once, gently."""
        while True:
            try:
                rows = await self._store.reseal(SEAL_PAUSE)
            except GondolaError as error:
                log.warning("sealing.failed", reason=error.detail)
                await asyncio.sleep(HOUSEKEEPING_SECONDS)
                continue
            if rows:
                log.info("sealing.done", rows=rows)
            return

    def _local_url(self) -> str:
        host, _ = self._configuration.http_address
        return f"http://{_reachable(host)}:{self.web.port}"

    def _health(self) -> list[PlatformHealth]:
        return [
            PlatformHealth(one.name, one.up, one.hearing, self.engine.last_handled(one.name))
            for one in self.platforms
        ]

    def _web(self) -> WebAdapter:
        host, port = self._configuration.http_address
        return WebAdapter(
            self.engine,
            host=host,
            port=port,
            data_dir=self._configuration.gondola_data_dir,
            clock=time.time,
            demo=self._configuration.demo,
            public_url=self._configuration.gondola_public_url,
            ready=lambda: {platform.name: platform.hearing for platform in self.platforms},
            metrics=self.metrics,
            metrics_token=self._configuration.gondola_metrics_token.get_secret_value(),
            hooks=self._hooks,
            linked=self.parts.links.find,
            desk=self.parts.desk,
            cipher=FileCipher(self._sealing_keys, sealing=self._configuration.has_own_key),
            trusted_proxies=self._configuration.trusted_proxies,
        )

    def _receiving(self) -> Receiving | None:
        """Where Telegram posts to, None when it is polled."""
        if not self._configuration.telegram_webhook:
            return None
        return Receiving(self._hooks, f"{self._configuration.gondola_public_url.rstrip('/')}/hooks/telegram")

    def _chat_platforms(self) -> list[Platform]:
        configuration = self._configuration
        builders: dict[str, Callable[[], Adapter]] = {}
        if discord_token := configuration.discord_token.get_secret_value():
            builders["discord"] = lambda: DiscordAdapter(
                self.engine, discord_token, base_url=configuration.discord_base_url
            )
        if telegram_token := configuration.telegram_token.get_secret_value():
            builders["telegram"] = lambda: TelegramAdapter(
                self.engine,
                telegram_token,
                base_url=configuration.telegram_base_url,
                receiving=self._receiving(),
            )
        return [
            Platform(
                name,
                build,
                self.doors,
                heard=partial(self.engine.last_handled, name),
                trouble=self.parts.pulse.platform_trouble,
            )
            for name, build in builders.items()
        ]


def _reachable(host: str) -> str:
    """The host as this machine reaches it: one that means every address is none."""
    if host in ("", "0.0.0.0", "::"):  # noqa: S104 - recognised, not bound
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


@asynccontextmanager
async def serving(configuration: Configuration, *, timeouts: Timeouts | None = None) -> AsyncGenerator[House]:
    """A house whose doors are open; drained and closed at the end of the block.

    `timeouts` are those of calls to Venice. Raises OperatorError when it cannot start.
    """
    folder = configuration.gondola_data_dir
    prepare_data_dir(folder)
    keys = secret_keys(
        configuration.gondola_secret_key.get_secret_value(),
        configuration.gondola_old_secret_keys.get_secret_value(),
        folder,
    )
    async with AsyncExitStack() as stack:
        store = await open_store(
            configuration.database_url.get_secret_value(),
            folder,
            instance=secrets.token_hex(8),
            clock=time.time,
            lease_seconds=LEASE_SECONDS,
            # Only a key that lies apart from the data protects words.
            cipher=ContentCipher(keys.sealing, sealing=configuration.has_own_key),
        )
        stack.push_async_callback(store.close)
        client = await stack.enter_async_context(await _venice(configuration, stack, timeouts))
        admin = await _admin(configuration, client.base_url, stack)
        house = House(configuration, store, client, keys, admin)
        await house.parts.load()
        await stack.enter_async_context(house.doors_open())
        yield house


async def _venice(
    configuration: Configuration, stack: AsyncExitStack, timeouts: Timeouts | None
) -> VeniceClient:
    if not configuration.demo:
        key = configuration.venice_api_key.get_secret_value()
        return VeniceClient(key, configuration.venice_base_url, timeouts=timeouts)
    demo = await stack.enter_async_context(DemoVenice())
    return VeniceClient(DEMO_KEY, demo.base_url)


async def _admin(configuration: Configuration, url: str, stack: AsyncExitStack) -> VeniceClient | None:
    """The client with the admin key, kept apart from the one that answers."""
    key = configuration.venice_admin_key.get_secret_value()
    return await stack.enter_async_context(VeniceClient(key, url)) if key else None


async def serve(configuration: Configuration, *, announce: Callable[[str], None]) -> None:
    """Run until SIGTERM or SIGINT, then drain. Raises OperatorError when it cannot start."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with serving(configuration) as house:
        _announce(house, configuration, announce)
        tell_systemd(READY)
        await stop.wait()
        tell_systemd(STOPPING)


async def _venice_check(house: House) -> None:
    """Say early whether Venice answers and what it thinks of the key; never stop for it."""
    try:
        limits = await house.venice.rate_limits()
        catalogue = await house.parts.models.catalogue()
    except GondolaError as error:
        log.error("venice.unreachable", reason=error.detail, hint=error.reader_text)
        return
    if not limits.access_permitted:
        log.error("venice.no_access", hint="This key may not call Venice; check its balance and limits.")
    log.info("venice.ready", models=len(catalogue), tier=limits.tier)


def _announce(house: House, configuration: Configuration, announce: Callable[[str], None]) -> None:
    announce(f"Gondola is open at {house.web.url}")
    if configuration.demo:
        announce("The built-in demo answers, because VENICE_API_KEY is not set.")
    caps = [cap for cap in house.parts.caps.all() if cap == DEFAULT_CAP]
    if caps:
        announce(
            f"Spending cap: {dollars(DEFAULT_CAP.limit)} a day for the whole bot (change it with /caps)."
        )
    names = [platform.name for platform in house.platforms[1:]]
    if configuration.gondola_access == "open" and names:
        announce("Everybody who can reach the bot may use it (GONDOLA_ACCESS=open), within the caps.")
    elif names and house.parts.doorkeeper.needs_claim():
        announce(f"To become the owner, send the bot:  /claim {house.parts.doorkeeper.open_claim()}")
