"""What has changed in Venice's catalogue since the demo's list was written: models go, move, cost more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.demo.catalogue import ALIASES, Model, of_type, traits
from bot.demo.jsonvalue import Json, JsonObject
from bot.demo.refusals import plain


@dataclass(slots=True)
class Churn:
    """`retired` ids are neither listed nor served; `specs` are members of model_spec that replace those of
    the list, by id; `aliases` are old names Venice maps, by medium and name; `traits` likewise."""

    retired: set[str] = field(default_factory=set[str])
    specs: dict[str, JsonObject] = field(default_factory=dict[str, JsonObject])
    aliases: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])
    moved_traits: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])

    def retire(self, model_id: str, *, remapped_to: str = "", medium: str = "text") -> None:
        """The model is gone; with `remapped_to` Venice still knows what its name means."""
        self.retired.add(model_id)
        if remapped_to:
            self.aliases.setdefault(medium, {})[model_id] = remapped_to

    def announce(self, model_id: str, date: str, replacement: str = "") -> None:
        """The model will go on an ISO date."""
        notice: dict[str, Json] = {"autoRemap": bool(replacement), "date": date, "removesAt": date}
        if replacement:
            notice["replacementModelId"] = replacement
        self.specs[model_id] = {**self.specs.get(model_id, {}), "deprecation": notice}

    def move_trait(self, trait: str, model_id: str, medium: str = "text") -> None:
        """Another model has the trait now."""
        self.moved_traits.setdefault(medium, {})[trait] = model_id

    def check(self, model_id: str) -> None:
        """Raises Refusal 410 for a model that is gone."""
        if model_id in self.retired:
            raise plain(410, "This model has been retired")

    def rows(self, kind: str) -> list[JsonObject]:
        """What GET /models lists."""
        return [self._row(model) for model in of_type(kind) if model.id not in self.retired]

    def traits(self, kind: str) -> Mapping[str, str]:
        """Trait name to model id."""
        named = traits(kind) | self.moved_traits.get(kind, {})
        return {trait: model for trait, model in named.items() if model not in self.retired}

    def mapping(self, kind: str) -> Mapping[str, str]:
        """What other names mean."""
        return ALIASES.get(kind, {}) | self.aliases.get(kind, {})

    def _row(self, model: Model) -> JsonObject:
        named: list[Json] = [trait for trait, owner in self.traits(model.type).items() if owner == model.id]
        return {**model.row, "model_spec": {**model.spec, "traits": named, **self.specs.get(model.id, {})}}
