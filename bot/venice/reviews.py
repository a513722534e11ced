"""What people say about a public character."""

from __future__ import annotations

from dataclasses import dataclass

from bot.venice.data import as_float, as_int, as_list, as_object, as_text

PAGE_MAX = 100


@dataclass(frozen=True, slots=True)
class Review:
    """One opinion, of untrusted text; `rating` is 1..5, `created` an ISO time."""

    id: str
    rating: int
    message: str
    username: str
    locale: str
    created: str


@dataclass(frozen=True, slots=True)
class ReviewPage:
    """One page of opinions. `total` counts all of them, `average` is their rating."""

    reviews: tuple[Review, ...]
    page: int
    pages: int
    total: int
    average: float


def review_params(page: int, page_size: int) -> list[tuple[str, str]]:
    """Query parameters; pages count from 1."""
    return [("page", str(max(1, page))), ("pageSize", str(max(1, min(page_size, PAGE_MAX))))]


def read_reviews(answer: object) -> ReviewPage:
    """A page of GET /characters/{slug}/reviews."""
    fields = as_object(answer)
    paging, summary = as_object(fields.get("pagination")), as_object(fields.get("summary"))
    return ReviewPage(
        reviews=tuple(_review(one) for one in as_list(fields.get("data"))),
        page=as_int(paging.get("page"), 1),
        pages=as_int(paging.get("totalPages")),
        total=as_int(paging.get("total")) or as_int(summary.get("totalReviews")),
        average=as_float(summary.get("averageRating")) or 0.0,
    )


def _review(value: object) -> Review:
    fields = as_object(value)
    return Review(
        id=as_text(fields.get("id")),
        rating=max(0, min(as_int(fields.get("rating")), 5)),
        message=as_text(fields.get("message")),
        username=as_text(fields.get("username")),
        locale=as_text(fields.get("locale")),
        created=as_text(fields.get("createdAt")),
    )
