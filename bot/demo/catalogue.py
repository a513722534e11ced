"""The demo's catalogue: what GET /models lists, and what the endpoints ask about a model."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from bot.demo.catalogue_edits import EDIT_ROWS
from bot.demo.catalogue_enclaves import ENCLAVE_MODELS
from bot.demo.catalogue_jobs import JOB_ROWS
from bot.demo.catalogue_media import MEDIA_ROWS
from bot.demo.catalogue_text import TEXT_MODELS
from bot.demo.jsonvalue import Json, JsonObject, as_list, as_number, as_object, as_text

TYPES = ("text", "image", "tts", "asr", "embedding", "upscale", "inpaint", "video", "music")
ALIASES = {
    "text": {"gpt-4o": "zai-org-glm-5-2", "gpt-4o-mini": "zai-org-glm-4.7-flash"},
    "embedding": {"text-embedding-ada-002": "text-embedding-bge-m3"},
}


@dataclass(frozen=True, slots=True)
class Model:
    """One row. `spec` is its model_spec object."""

    id: str
    type: str
    row: JsonObject

    @property
    def spec(self) -> JsonObject:
        return as_object(self.row["model_spec"])

    @property
    def name(self) -> str:
        return as_text(self.spec.get("name"), self.id)

    def can(self, capability: str) -> bool:
        """True when the text model has the capability flag, such as `supportsVision`."""
        return as_object(self.spec.get("capabilities")).get(capability) is True

    def capability(self, name: str) -> Json:
        return as_object(self.spec.get("capabilities")).get(name)

    def constraint(self, name: str) -> Json:
        return as_object(self.spec.get("constraints")).get(name)

    def words(self, name: str) -> tuple[str, ...]:
        """A list of strings of the spec, such as `voices`."""
        return tuple(as_text(item) for item in as_list(self.spec.get(name)))

    def price(self, *path: str) -> float:
        """US dollars under `pricing`, 0 when the row has no such price."""
        node: Json = self.spec.get("pricing")
        for name in (*path, "usd"):
            node = as_object(node).get(name)
        return as_number(node)


@cache
def models() -> dict[str, Model]:
    """All rows by id, in the order of the list."""
    rows: list[Model] = [Model(entry.id, "text", entry.row()) for entry in (*TEXT_MODELS, *ENCLAVE_MODELS)]
    rows += [
        Model(as_text(row["id"]), as_text(row["type"]), row) for row in (*MEDIA_ROWS, *EDIT_ROWS, *JOB_ROWS)
    ]
    return {row.id: row for row in rows}


def of_type(kind: str) -> list[Model]:
    """Rows of one type; `all` for every row, `code` for text models made for code."""
    if kind == "all":
        return list(models().values())
    if kind == "code":
        return [model for model in models().values() if model.can("optimizedForCode")]
    return [model for model in models().values() if model.type == kind]


def traits(kind: str) -> dict[str, str]:
    """Trait name to model id."""
    return {trait: model.id for model in of_type(kind) for trait in model.words("traits")}


def find(name: str, kind: str) -> Model | None:
    """The model called `name`: an id, an alias or a trait name."""
    known = ALIASES.get(kind, {}).get(name) or traits(kind).get(name) or name
    model = models().get(known)
    return model if model is not None and model.type == kind else None
