"""The least privacy a place asks for, held at the one door through which every paid call goes."""

from __future__ import annotations

from bot.declarations import Medium
from bot.engine.models.book import TIERS, ModelBook, objection
from bot.engine.settings.book import SettingsBook
from bot.errors import NotAllowed
from bot.messages import Place
from bot.venice import Filter, Tier

SEARCHES_KEEP = Tier.PRIVATE
"""Searches, pages and documents keep nothing by contract, but no enclave does them."""


class PrivacyRule:
    """Knows the rule of every place. It does not depend on who asks."""

    def __init__(self, settings: SettingsBook, models: ModelBook) -> None:
        self._settings = settings
        self._models = models

    def tier(self, place: Place) -> Tier:
        """The least private tier that a place allows."""
        return TIERS[self._settings.of_place(place, "min_privacy")]

    async def check(self, place: Place, medium: str, model_id: str) -> None:
        """Refuse a paid call in a place whose rule it would break. What is not in the catalogue, and no
        search, is taken for the least private there is."""
        least = self.tier(place)
        if least is Tier.ANONYMIZED:
            return
        model = (await self._models.catalogue()).get(model_id)
        if model is not None and model.tier < least:
            raise NotAllowed(f"{objection(model, Filter(tier=least))}.")
        known = SEARCHES_KEEP if medium == Medium.SEARCH else Tier.ANONYMIZED
        if model is None and known < least:
            raise NotAllowed(
                f"This place allows only what is {least.word} (`min_privacy`), and this would leave that."
            )
