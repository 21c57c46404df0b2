"""The entrance: whatever a hook does, Centrifugo is told something that it takes rightly."""

import asyncio
from typing import Any

import pytest

from proxy_app.auth.entrance import Entrance, EntranceRules
from proxy_app.core.quotas import Limits
from proxy_app.errors import NotAuthenticatedError, RateLimitedError, UnavailableError
from proxy_app.ports import ConnectRequest, Identity, RefreshRequest

NOW = 1_764_000_000.5
ANYBODY = ConnectRequest({}, {})


class World:
    """A hook that answers as it is told, a clock, and who was sent away; the entrance before them."""

    def __init__(self, *, is_outside: bool = True, grace: float = 100) -> None:
        self.now = NOW
        self.answer: Any = Identity("ada")
        self.revoked: dict[str, float] = {}
        self.database_is_away = False
        self.asked: list[RefreshRequest] = []
        rules = EntranceRules(lifetime=300, grace=grace, timeout=0.05, is_outside=is_outside)
        self.entrance = Entrance(self, self, rules, clock=lambda: self.now)

    async def authenticate(self, request: ConnectRequest, /) -> Identity:
        if isinstance(self.answer, Exception):
            raise self.answer
        if self.answer == "hang":
            await asyncio.Event().wait()
        identity: Identity = self.answer
        return identity

    async def refresh(self, request: RefreshRequest, /) -> Identity | None:
        self.asked.append(request)
        return await self.authenticate(ANYBODY)

    async def revoked_at(self, user: str, /) -> float | None:
        if self.database_is_away:
            raise UnavailableError("The database is away.")
        return self.revoked.get(user)


async def test_who_is_known_comes_in_and_stays() -> None:
    world = World()
    world.answer = Identity("ada", name="Ada", limits=Limits(runs=1), kept={"session": "7"})
    admitted = await world.entrance.admit(ANYBODY)
    kept = await world.entrance.keep("ada", {"cookie": "a=b"}, admitted.meta)

    assert (admitted.user, admitted.name, admitted.expires_at) == ("ada", "Ada", 1_764_000_300)
    assert admitted.meta == {"limits": {"runs": 1}, "session": {"kept": {"session": "7"}}}
    assert kept == admitted
    assert world.asked == [RefreshRequest("ada", {"cookie": "a=b"}, kept={"session": "7"})]


@pytest.mark.parametrize(("field", "seconds"), [("expires_at", 10), ("until", 10), ("until", 0.6)])
async def test_an_end_that_comes_sooner_counts(field: str, seconds: float) -> None:
    world = World()
    world.answer = Identity("ada", **{field: NOW + seconds})  # type: ignore[arg-type]
    admitted = await world.entrance.admit(ANYBODY)

    assert NOW < admitted.expires_at <= NOW + seconds + 1
    world.now += seconds
    assert await world.entrance.keep("ada", {}, admitted.meta) is None
    with pytest.raises(NotAuthenticatedError, match="token expired"):
        await world.entrance.admit(ANYBODY)


NONSENSE: dict[str, Any] = {
    "nothing": None,
    "an empty user": Identity(""),
    "no text for a user": Identity(7),  # type: ignore[arg-type]
    "limits that are none": Identity("ada", limits={"runs": 2}),  # type: ignore[arg-type]
    "an end that is no time": Identity("ada", expires_at="soon"),  # type: ignore[arg-type]
    "an end that never comes": Identity("ada", until=float("inf")),  # type: ignore[arg-type]
    "a beginning that is no time": Identity("ada", issued_at=float("nan")),
    "bytes for a token": Identity("ada", token=b"x"),  # type: ignore[arg-type]
    "a number for what is kept": Identity("ada", kept=7),  # type: ignore[arg-type]
    "what is no JSON for what is kept": Identity("ada", kept={"a": {1}}),
    "a text": "ada",
    "a dictionary": {"user": "ada"},
    "a hang": "hang",
    "a bug": RuntimeError("secret-of-the-hook"),
    "a cancelled question": TimeoutError(),
    "a state in doubt": UnavailableError("The server can't check who you are. Try again soon."),
}


@pytest.mark.parametrize("answer", NONSENSE.values(), ids=NONSENSE)
async def test_a_hook_that_fails_lets_nobody_in_and_sends_nobody_away(answer: Any) -> None:
    world = World()
    admitted = await world.entrance.admit(ANYBODY)
    world.answer = answer

    with pytest.raises(UnavailableError) as caught:
        await world.entrance.admit(ANYBODY)
    assert "secret" not in str(caught.value)
    if answer is None:
        return  # At a refresh that is an answer.
    kept = await world.entrance.keep("ada", {}, admitted.meta)
    assert kept is not None
    assert (kept.user, kept.expires_at) == ("ada", 1_764_000_016)


async def test_doubt_has_an_end_and_is_forgotten_when_it_is_over() -> None:
    world = World(grace=40)
    world.answer = Identity("ada", limits=Limits(runs=1))
    meta = (await world.entrance.admit(ANYBODY)).meta
    world.answer = UnavailableError("Down.")
    ends = []
    while (kept := await world.entrance.keep("ada", {}, meta)) is not None:
        ends.append(kept.expires_at - int(NOW))
        world.now, meta = kept.expires_at, kept.meta
        assert meta["limits"] == {"runs": 1}

    # Each time it is asked again; the last time is the end of the grace.
    assert ends == [16, 31, 41]
    world.answer = Identity("ada")
    kept = await world.entrance.keep("ada", {}, meta)
    assert kept is not None
    assert "session" not in kept.meta


async def test_doubt_does_not_outlive_a_token() -> None:
    world = World()
    world.answer = Identity("ada", until=int(NOW) + 20)
    meta = (await world.entrance.admit(ANYBODY)).meta
    world.answer = UnavailableError("Down.")
    world.now += 10
    kept = await world.entrance.keep("ada", {}, meta)
    assert kept is not None
    assert kept.expires_at == int(NOW) + 20
    world.now = kept.expires_at
    assert await world.entrance.keep("ada", {}, meta) is None


async def test_no_grace_is_none() -> None:
    world = World(grace=0)
    world.answer = UnavailableError("Down.")

    assert await world.entrance.keep("ada", {}, {}) is None


async def test_who_was_sent_away_is_out_until_something_newer_proves_them() -> None:
    world = World()
    world.answer = Identity("ada", issued_at=NOW - 1)
    meta = (await world.entrance.admit(ANYBODY)).meta
    world.revoked["ada"] = NOW

    with pytest.raises(NotAuthenticatedError, match=r"^revoked$"):
        await world.entrance.admit(ANYBODY)
    assert await world.entrance.keep("ada", {}, meta) is None
    # A token without a beginning is as old as can be; whole seconds are no excuse.
    for issued_at in (0, int(NOW), NOW):
        world.answer = Identity("ada", issued_at=issued_at)
        assert await world.entrance.keep("ada", {}, meta) is None
    world.answer = Identity("ada", issued_at=NOW + 1)
    assert await world.entrance.keep("ada", {}, meta) is not None
    # Where the hook is asked each time, it knows better.
    world.answer = Identity("ada")
    assert await world.entrance.keep("ada", {}, meta) is not None


async def test_a_database_that_is_away_leaves_it_in_doubt() -> None:
    world = World()
    world.answer = Identity("ada", issued_at=NOW)
    world.database_is_away = True

    with pytest.raises(UnavailableError):
        await world.entrance.admit(ANYBODY)
    kept = await world.entrance.keep("ada", {}, {})
    assert kept is not None
    assert kept.meta["session"]["since"] == NOW


@pytest.mark.parametrize("answer", [None, Identity("eve"), NotAuthenticatedError("unauthorized")])
async def test_who_is_refused_or_somebody_else_at_a_refresh_is_out(answer: Any) -> None:
    world = World()
    world.answer = answer

    assert await world.entrance.keep("ada", {}, {}) is None


async def test_ids_from_outside_are_mapped_and_our_own_are_not() -> None:
    outside, inside = World(), World(is_outside=False)
    outside.answer = inside.answer = Identity("guest-1")

    assert (await outside.entrance.admit(ANYBODY)).user.startswith("x-")
    assert (await inside.entrance.admit(ANYBODY)).user == "guest-1"
    outside.answer = Identity("Ada Lovelace")
    mapped = (await outside.entrance.admit(ANYBODY)).user
    assert await outside.entrance.keep(mapped, {}, {}) is not None


async def test_a_hook_may_say_that_it_is_asked_too_often() -> None:
    world = World()
    world.answer = RateLimitedError("Too many logins. Try again in a minute.")

    with pytest.raises(RateLimitedError):
        await world.entrance.admit(ANYBODY)
    assert await world.entrance.keep("ada", {}, {}) is not None


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("Ada", "Ada"),
        ("A\u202eda\x1b[1m\n", "Ada[1m"),
        ("", None),
        ("\n", None),
        ("a" * 500, "a" * 100),
        (7, None),
    ],
)
async def test_a_name_is_what_can_be_seen_of_it(name: Any, told: str | None) -> None:
    world = World()
    world.answer = Identity("ada", name=name)

    assert (await world.entrance.admit(ANYBODY)).name == told


@pytest.mark.parametrize(
    "meta",
    [{"session": 7}, {"session": {"kept": 7}}, {"limits": "many"}, {"session": {}, "limits": None}],
    ids=str,
)
async def test_a_memory_of_another_version_is_no_trouble(meta: dict[str, Any]) -> None:
    assert await World().entrance.keep("ada", {}, meta) is not None
