"""Once a day, in one process: are the models that are set still there? What is retired is put right."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import cast

import structlog
from pydantic import TypeAdapter

from bot.declarations import Setting
from bot.engine.models.book import DEAR_OUTPUT, TIERS, ModelBook, is_dear
from bot.engine.models.likeness import nearest
from bot.engine.oversight.chores import Ran, come_round
from bot.engine.settings.book import SettingsBook
from bot.engine.settings.declared import SETTINGS
from bot.engine.turns.bulletin import Bulletin
from bot.engine.turns.directs import Directs
from bot.ports import Clock
from bot.records import Announcement
from bot.storing import Store
from bot.venice import Catalogue, Filter, Medium, Model, VeniceClient, price_of
from bot.venice.catalogue import MEDIUM_OF, Wanted

log: structlog.stdlib.BoundLogger = structlog.get_logger()

START_SECONDS = 60.0
"""A house that has just opened has more urgent things to do."""
LOOK_SECONDS = 3600.0
"""How often each process asks whether the day's look was taken."""
DAY_MARK, PRICES_MARK, MODELS_MARK = "radar.day", "radar.prices", "radar.models"
BY = "radar"
"""Who set what was put right."""
NOTED = 12
"""Most ids in one line of the log."""
_LISTS = ("fallback",)
"""Settings that hold several models, of any medium."""
_MODELS = TypeAdapter(list[Model])


class Radar:
    """Compares what is set with Venice's list. Reads and writes ids and settings, never words of people."""

    def __init__(
        self,
        store: Store,
        client: VeniceClient,
        models: ModelBook,
        settings: SettingsBook,
        bulletin: Bulletin,
        directs: Directs,
        clock: Clock,
    ) -> None:
        self._directs = directs
        self._news: Counter[str] = Counter()
        self._store = store
        self._client = client
        self._models = models
        self._settings = settings
        self._bulletin = bulletin
        self._clock = clock

    async def watch(self, ran: Ran) -> None:
        """Look once a day, until cancelled; `ran` hears of every time it was thought of."""
        await come_round("models", self.look, ran, every=LOOK_SECONDS, first=START_SECONDS)

    async def look(self) -> bool:
        """Take the day's look, unless some process has; True for the one who did. Raises VeniceError when
        Venice cannot be asked, and then the day's look is still to be taken."""
        today = f"{datetime.fromtimestamp(self._clock(), UTC):%Y-%m-%d}"
        if await self._store.marks.get(DAY_MARK) >= today:
            return False
        catalogue = await self._client.catalogue()
        renamed = {medium: await self._client.compatibility_mapping(medium) for medium in _media()}
        if not await self._store.marks.advance(DAY_MARK, today):
            return False
        before = _prices(await self._store.marks.get(PRICES_MARK))
        await self._store.marks.put(PRICES_MARK, json.dumps(_listed_prices(catalogue)))
        if len(catalogue) < len(before) / 2:
            # Half a list is rather Venice's trouble than the end of so many models; tomorrow tells.
            log.warning("radar.short_list", models=len(catalogue), before=len(before))
            return True
        self._models.expire()
        await self._settings.load()
        known = await self._known()
        self._news.clear()
        for (scope, name), value in self._settings.rows().items():
            for medium, model in _models_of(name, value):
                await self._examine(
                    scope, name, medium, model, _Sight(catalogue, known, renamed[medium], today)
                )
        await self._keep(catalogue)
        _note_news(catalogue, before)
        await self._tell_owners(today)
        return True

    async def _tell_owners(self, today: str) -> None:
        """What the look found in all places, counted, for owners in their direct chat; who manages a place
        reads the same at their next question there."""
        if not self._news:
            return
        lines = [
            f"- {line} ({count} {'setting' if count == 1 else 'settings'})"
            for line, count in self._news.most_common(NOTED)
        ]
        rest = len(self._news) - len(lines)
        more = [f"- and {rest} more"] if rest > 0 else []
        text = "\n".join(["**Venice's models have changed, and so have settings here:**", "", *lines, *more])
        await self._directs.tell_owners(
            f"radar:{today}", f"{text}\n\n`/settings` and `/model` choose others."
        )

    async def _examine(self, scope: str, name: str, medium: Medium, value: str, sight: _Sight) -> None:
        if sight.catalogue.trait(value, medium):
            return
        if name in _LISTS:
            medium = sight.medium(value, medium)
        model = sight.catalogue.known(value, medium) or sight.catalogue.get(value)
        if model is not None and not sight.gone(model):
            await self._warn(scope, name, model, sight)
            return
        tier = TIERS[self._settings.rows().get((scope, "min_privacy"), "any")]
        other = sight.successor(value, medium, Filter(tier=tier), self._models.going.get(value, ""))
        if other is None:
            log.warning("radar.no_successor", scope=_kind(scope), setting=name, model=value)
            return
        stored = self._settings.rows()[scope, name]
        await self._settings.put(scope, name, _replaced(stored, value, other.id), by=BY, at=self._clock())
        log.warning("audit.setting", by=BY, scope=_kind(scope), setting=name, was=value, now=other.id)
        text = (
            f"*Venice no longer offers `{value}`, which the setting `{name}` {_whose(scope)} named. "
            f"**{other.name}** (`{other.id}`, {other.tier.word}) has taken its place; `/settings {name} …` "
            "changes it.*"
        )
        await self._bulletin.post(Announcement(scope, f"{name}:{value}", text, self._clock()))
        self._news[f"`{value}` is gone; **{other.name}** (`{other.id}`) takes its place"] += 1

    async def _warn(self, scope: str, name: str, model: Model, sight: _Sight) -> None:
        """Tell once that a model will go, while there is time to choose."""
        going = model.deprecation
        if going is None and model.id not in self._models.going:
            return
        if not await self._store.marks.claim(f"radar.told:{scope}:{name}:{model.id}", sight.today):
            return
        day = (going.removes_at or going.date)[:10] if going is not None else ""
        when = f" on {day}" if day else " soon"
        named = (going.replacement if going is not None else "") or self._models.going.get(model.id, "")
        other = sight.catalogue.known(named, cast(Medium, model.medium)) if named else None
        follows = f" **{other.name}** (`{other.id}`) comes in its place." if other is not None else ""
        text = (
            f"*Venice retires `{model.id}`{when}, which the setting `{name}` {_whose(scope)} names.{follows} "
            f"`/settings {name} …` chooses another.*"
        )
        await self._bulletin.post(Announcement(scope, f"{name}:{model.id}", text, self._clock()))
        self._news[f"`{model.id}` will go{when}.{follows}".removesuffix(".")] += 1

    async def _known(self) -> Mapping[str, Model]:
        """The models that were in use at the last look, as they were then."""
        stored = await self._store.marks.get(MODELS_MARK)
        return {model.id: model for model in _MODELS.validate_json(stored)} if stored else {}

    async def _keep(self, catalogue: Catalogue) -> None:
        used = {
            value for (_, name), text in self._settings.rows().items() for _, value in _models_of(name, text)
        }
        found = [model for value in sorted(used) if (model := catalogue.get(value)) is not None]
        await self._store.marks.put(MODELS_MARK, _MODELS.dump_json(found, exclude_defaults=True).decode())


class _Sight:
    """Venice's list today: `known` are models in use as they were at the last look, `renamed` old names."""

    def __init__(
        self, catalogue: Catalogue, known: Mapping[str, Model], renamed: Mapping[str, str], today: str
    ) -> None:
        self.catalogue = catalogue
        self.today = today
        self._known = known
        self._renamed = renamed

    def medium(self, value: str, medium: Medium) -> Medium:
        """The medium of a model in a list of several, which may be in any; as given for an unknown one."""
        old = self.catalogue.get(value) or self._known.get(value)
        return medium if old is None else cast(Medium, old.medium)

    def gone(self, model: Model) -> bool:
        """Whether its last day has passed, although it is still listed."""
        going = model.deprecation
        day = (going.removes_at or going.date)[:10] if going is not None else ""
        return bool(day) and day <= self.today

    def successor(self, value: str, medium: Medium, allow: Filter, hinted: str) -> Model | None:
        """What takes the place of a model: what Venice names, else the nearest, else Venice's default; never
        one that is less private, less restrained or for fewer people than it was."""
        old = self.catalogue.get(value) or self._known.get(value)
        allow = _no_worse(old, allow)
        going = old.deprecation.replacement if old is not None and old.deprecation is not None else ""
        for named in (self._renamed.get(value, ""), going, hinted):
            found = self.catalogue.known(named, medium) if named else None
            if found is not None and self._fits(found, allow, value):
                return found
        offered = [one for one in self.catalogue.offered(medium, allow) if self._fits(one, allow, value)]
        if old is not None:
            return nearest(old, [one for one in offered if not one.beta] or offered)
        wanted = next((kind for kind, of in MEDIUM_OF.items() if of == medium), None)
        return self.catalogue.default(cast(Wanted, wanted), allow) if wanted is not None else None

    def _fits(self, model: Model, allow: Filter, value: str) -> bool:
        return model.id != value and allow.allows(model) and not self.gone(model)


def _no_worse(old: Model | None, allow: Filter) -> Filter:
    dear = Decimal(DEAR_OUTPUT)
    if old is None:
        return replace(allow, uncensored=False, max_output_price=dear)
    return Filter(
        tier=max(allow.tier, old.tier),
        uncensored=old.uncensored,
        max_output_price=None if is_dear(old) else dear,
    )


def _media() -> set[Medium]:
    return {medium for setting in SETTINGS.values() if (medium := _medium_of(setting)) is not None}


def _medium_of(setting: Setting) -> Medium | None:
    """The medium of the models a setting names; its source of suggestions says it."""
    if setting.name in _LISTS:
        return "text"
    kind, _, wanted = setting.completer.partition(".")
    return MEDIUM_OF.get(cast(Wanted, wanted)) if kind == "model" else None


def _models_of(name: str, value: str) -> list[tuple[Medium, str]]:
    """The models a stored value names."""
    setting = SETTINGS.get(name)
    medium = _medium_of(setting) if setting is not None else None
    if medium is None or not value or value in ("auto", "off"):
        return []
    return [(medium, one.strip()) for one in (value.split(",") if name in _LISTS else [value])]


def _replaced(stored: str, value: str, other: str) -> str:
    """The stored value with one model in the place of another, each named once."""
    names = [other if one.strip() == value else one.strip() for one in stored.split(",")]
    return ", ".join(dict.fromkeys(names))


def _kind(scope: str) -> str:
    return scope.partition(":")[0]


def _whose(scope: str) -> str:
    kind = _kind(scope)
    return {"bot": "of the whole bot", "user": "of yours"}.get(kind, f"of this {kind}")


def _listed_prices(catalogue: Catalogue) -> dict[str, str]:
    media = dict.fromkeys(MEDIUM_OF.values())
    return {model.id: str(price_of(model)) for medium in media for model in catalogue.all(medium)}


def _prices(stored: str) -> dict[str, Decimal]:
    read: dict[str, str] = json.loads(stored) if stored else {}
    return {model: Decimal(price) for model, price in read.items()}


def _note_news(catalogue: Catalogue, before: Mapping[str, Decimal]) -> None:
    """New and cheaper models, for the operator's log."""
    if not before:
        return
    now = {model: Decimal(price) for model, price in _listed_prices(catalogue).items()}
    new = [model for model in now if model not in before]
    cheaper = [model for model, price in now.items() if model in before and price < before[model]]
    if new or cheaper:
        log.info("radar.news", new=new[:NOTED], cheaper=cheaper[:NOTED])
