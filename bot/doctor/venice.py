"""What the Venice key may do, and what is left on it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation

from bot.errors import VeniceError, VeniceFailure
from bot.findings import Finding, bad, ok, warn
from bot.venice import VeniceClient
from bot.venice.listings import RateLimits

ABOUT = "Venice"
LITTLE_DOLLARS = Decimal(1)
SOON = timedelta(days=14)
_REFUSED = (VeniceFailure.AUTH, VeniceFailure.FORBIDDEN)


async def check(client: VeniceClient) -> list[Finding]:
    """Works, of which kind, with what balance, until when."""
    try:
        limits = await client.rate_limits()
    except VeniceError as error:
        return [_failed(error)]
    findings = [_permitted(limits), await _scope(client), _balance(limits)]
    return [finding for finding in (*findings, _expiry(limits)) if finding is not None]


def _failed(error: VeniceError) -> Finding:
    if error.failure in _REFUSED:
        mend = "Make an inference key at venice.ai (Settings, API) and put it into VENICE_API_KEY."
        return bad(ABOUT, "Venice refuses the key.", mend)
    mend = "Check the network of this machine, its proxy and firewall, and VENICE_BASE_URL."
    return bad(ABOUT, f"Venice cannot be asked ({error.failure.value}).", mend)


def _permitted(limits: RateLimits) -> Finding:
    if limits.access_permitted:
        return ok(ABOUT, f"The key works (tier {limits.tier}).")
    mend = "Add credits at venice.ai, or raise the limit of this key there."
    return bad(ABOUT, "The key may make no paid call.", mend)


async def _scope(client: VeniceClient) -> Finding | None:
    try:
        await client.account.balance()
    except VeniceError as error:
        if error.failure in _REFUSED:
            return ok(ABOUT, "It is an inference key, which is all a bot needs.")
        return None
    mend = "Give the bot an inference key with a monthly limit, and keep the admin key out of it."
    return warn(ABOUT, "It is an admin key: whoever gets it can make keys and spend everything.", mend)


def _balance(limits: RateLimits) -> Finding | None:
    usd, diem = _amount(limits.balance_usd), _amount(limits.balance_diem)
    if usd is None and diem is None:
        return None
    left = (usd or Decimal(0)) + (diem or Decimal(0))
    said = " and ".join(
        text
        for text, amount in (
            (f"${usd:.2f}" if usd is not None else "", usd),
            (f"{diem:.2f} DIEM" if diem is not None else "", diem),
        )
        if amount is not None
    )
    if left < LITTLE_DOLLARS:
        return warn(ABOUT, f"Only {said} left on this key.", "Add credits at venice.ai, or raise its limit.")
    return ok(ABOUT, f"{said} left on this key.")


def _amount(text: str | None) -> Decimal | None:
    try:
        return None if text is None else Decimal(text)
    except InvalidOperation:
        return None


def _expiry(limits: RateLimits) -> Finding | None:
    if not limits.key_expires:
        return None
    try:
        moment = datetime.fromisoformat(limits.key_expires.replace("Z", "+00:00"))
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if moment - datetime.now(UTC) > SOON:
        return None
    return warn(ABOUT, f"The key ends on {moment:%Y-%m-%d}.", "Make a new one at venice.ai before that.")
