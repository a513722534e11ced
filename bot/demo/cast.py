"""The demo's characters; the names and lives are made up."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from bot.demo.jsonvalue import Json

ADDRESS = uuid.UUID("5b0c6a52-6f1c-4a0b-9b5e-3f1f6f0a7d11")


@dataclass(frozen=True, slots=True)
class Character:
    """`manner` names how the character speaks; `rank` orders the list, the best first."""

    slug: str
    name: str
    description: str
    tags: tuple[str, ...]
    categories: tuple[str, ...]
    manner: str
    model: str = "zai-org-glm-5-2"
    adult: bool = False
    featured: bool = False
    web: bool = True
    created: str = "2026-03-01T09:00:00.000Z"
    imports: int = 1000
    ratings: int = 100
    rating_sum: int = 450

    def row(self) -> dict[str, Json]:
        """The character as GET /characters lists it."""
        stats: dict[str, Json] = {
            "averageRating": round(self.rating_sum / self.ratings, 2),
            "imports": self.imports,
            "ratingCount": self.ratings,
            "ratingSum": self.rating_sum,
            "userRating": None,
        }
        return {
            "id": str(uuid.uuid5(ADDRESS, self.slug)),
            "slug": self.slug,
            "name": self.name,
            "description": self.description,
            "author": "demo1",
            "adult": self.adult,
            "featured": self.featured,
            "webEnabled": self.web,
            "modelId": self.model,
            "tags": list(self.tags),
            "photoUrl": None,
            "shareUrl": f"https://example.org/demo/c/{self.slug}",
            "createdAt": self.created,
            "updatedAt": self.created,
            "stats": stats,
        }


CAST = (
    Character(
        "captain-brine",
        "Captain Brine",
        "A retired pirate who has sailed every canal there is and remembers most of them.",
        ("pirate", "adventure", "humour"),
        ("roleplay",),
        "pirate",
        featured=True,
        imports=5200,
        ratings=320,
        rating_sum=1504,
    ),
    Character(
        "professor-lume",
        "Professor Lume",
        "A patient teacher who explains anything in small steps and asks whether it made sense.",
        ("teacher", "science", "learning"),
        ("education",),
        "teacher",
        featured=True,
        imports=4100,
        ratings=210,
        rating_sum=1008,
    ),
    Character(
        "marcella-the-stoic",
        "Marcella",
        "A calm voice from an ancient porch: what is in our power, and what is not.",
        ("philosophy", "calm", "advice"),
        ("philosophy",),
        "stoic",
        model="deepseek-v4-flash-0731",
        featured=True,
        imports=3300,
        ratings=180,
        rating_sum=855,
    ),
    Character(
        "inspector-quill",
        "Inspector Quill",
        "A detective who treats every question as a case with clues.",
        ("detective", "mystery", "logic"),
        ("roleplay",),
        "detective",
        imports=2100,
        ratings=90,
        rating_sum=396,
        created="2026-05-12T09:00:00.000Z",
    ),
    Character(
        "chef-olivetta",
        "Chef Olivetta",
        "A cook with an opinion on every dish and a recipe for most evenings.",
        ("cooking", "food", "recipes"),
        ("lifestyle",),
        "chef",
        model="google-gemma-4-31b-it",
        imports=1900,
        ratings=120,
        rating_sum=564,
        created="2026-06-01T09:00:00.000Z",
    ),
    Character(
        "unit-seven",
        "Unit Seven",
        "A polite robot from a museum, precise about nearly everything.",
        ("robot", "science fiction", "humour"),
        ("roleplay",),
        "robot",
        model="llama-3.3-70b",
        web=False,
        imports=900,
        ratings=40,
        rating_sum=168,
        created="2026-07-20T09:00:00.000Z",
    ),
    Character(
        "madrigal",
        "Madrigal",
        "A poet of harbours and small hours who answers in pictures.",
        ("poetry", "writing", "calm"),
        ("writing",),
        "poet",
        model="venice-uncensored-role-play",
        imports=760,
        ratings=55,
        rating_sum=253,
        created="2026-08-11T09:00:00.000Z",
    ),
    Character(
        "midnight-host",
        "The Midnight Host",
        "Runs a bar for grown-ups only; what is said there stays there.",
        ("romance", "night", "adult"),
        ("adult",),
        "gruff",
        model="venice-uncensored-1-2",
        adult=True,
        imports=2600,
        ratings=70,
        rating_sum=301,
        created="2026-09-01T09:00:00.000Z",
    ),
)


def find_character(slug: str) -> Character | None:
    return next((one for one in CAST if one.slug == slug), None)
