"""Small forms."""

from __future__ import annotations

from starlette.requests import Request


async def read_fields(request: Request) -> dict[str, str]:
    """The texts of a small form."""
    async with request.form(max_files=0, max_fields=10) as form:
        return {name: value for name, value in form.items() if isinstance(value, str)}
