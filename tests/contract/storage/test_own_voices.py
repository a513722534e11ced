"""People's own voices: agreed to once, shared where their owner wants it, gone when dropped."""

from __future__ import annotations

from dataclasses import replace

from bot.ownvoices import OwnVoice
from storage import SqlStore
from tests.contract.storage.houses import NOON

ANN, BOB = "hash-ann", "hash-bob"
HERE, THERE = "channel:telegram:-12", "channel:discord:7"
DAY = 86_400.0


def voice(key: str, person: str = ANN, name: str = "ann", **more: object) -> OwnVoice:
    agreed = OwnVoice(key, person, name, "This is my own voice.", NOON, "tts-chatterbox-hd")
    return replace(agreed, handle=f"vv_{key}", expires_at=NOON + 7 * DAY, kept=7 * DAY, **more)  # type: ignore[arg-type]


async def learned(store: SqlStore, one: OwnVoice) -> None:
    assert await store.own_voices.agree(replace(one, handle="", expires_at=0, kept=0))
    await store.own_voices.made(one)


async def test_an_agreement_counts_once_and_is_no_voice_yet(store: SqlStore) -> None:
    agreed = replace(voice("v1"), handle="")
    assert await store.own_voices.agree(agreed)
    assert not await store.own_voices.agree(agreed)
    assert await store.own_voices.of(ANN) == []


async def test_a_voice_is_its_owners(store: SqlStore) -> None:
    await learned(store, voice("v1"))
    await learned(store, voice("v2", BOB, "bob"))
    assert await store.own_voices.of(ANN) == [voice("v1")]
    assert await store.own_voices.of(BOB) == [voice("v2", BOB, "bob")]


async def test_a_new_voice_of_the_same_name_takes_the_old_ones_place(store: SqlStore) -> None:
    await learned(store, voice("v1"))
    await learned(store, voice("b1", BOB))
    await store.own_voices.share("v1", HERE, shared=True)
    await learned(store, voice("v2"))
    assert [one.id for one in await store.own_voices.of(ANN)] == ["v2"]
    assert [one.id for one in await store.own_voices.of(BOB)] == ["b1"]
    assert await store.own_voices.shared_in(HERE) == []


async def test_sharing_is_by_channel_and_moves_along(store: SqlStore) -> None:
    await learned(store, voice("v1"))
    for _ in range(2):
        await store.own_voices.share("v1", HERE, shared=True)
    await store.own_voices.share("v1", THERE, shared=True)
    assert [one.id for one in await store.own_voices.shared_in(HERE)] == ["v1"]
    await store.move("telegram", "-12", "-10099")
    assert await store.own_voices.shared_in(HERE) == []
    assert await store.own_voices.places_of("v1") == [THERE, "channel:telegram:-10099"]
    await store.own_voices.share("v1", THERE, shared=False)
    assert await store.own_voices.shared_in(THERE) == []


async def test_only_its_owner_can_drop_a_voice(store: SqlStore) -> None:
    await learned(store, voice("v1"))
    await store.own_voices.share("v1", HERE, shared=True)
    assert not await store.own_voices.drop(BOB, "v1")
    assert await store.own_voices.drop(ANN, "v1")
    assert not await store.own_voices.drop(ANN, "v1")
    assert await store.own_voices.of(ANN) == await store.own_voices.shared_in(HERE) == []
    assert await store.own_voices.agree(replace(voice("v1"), handle=""))


async def test_use_renews_and_time_ends_it(store: SqlStore) -> None:
    await learned(store, voice("v1", renewed=True))
    await store.own_voices.agree(OwnVoice("v9", BOB, "never made", "words", NOON))
    await store.own_voices.used("v1", NOON + 30 * DAY)
    [kept] = await store.own_voices.of(ANN)
    assert (kept.expires_at, kept.renewed) == (NOON + 30 * DAY, True)
    assert await store.own_voices.purge(NOON + 10 * DAY) == 1  # the one that was never made
    assert await store.own_voices.purge(NOON + 31 * DAY) == 1
    assert await store.own_voices.of(ANN) == []
