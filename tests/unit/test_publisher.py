"""The publisher: few, large calls; each publication exactly once and in order, whatever goes wrong."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proxy_app.core.positions import Position
from proxy_app.errors import PublishError
from proxy_app.ports import Publication
from proxy_app.runs.publishing import Command, Publisher
from tests.fakes.virtual_time import VirtualTimeLoop

CALL = 0.01
"""Seconds that a call takes."""

Fault = Literal["lost before", "lost after", "refused"]
"""Nothing was taken; all was, but nobody heard; the first command is refused."""


@dataclass(frozen=True, slots=True)
class Call:
    at: float
    commands: Sequence[Command]
    parallel: bool

    @property
    def datas(self) -> list[bytes]:
        return [command.publication.data for command in self.commands]


@dataclass(slots=True)
class FakeBatch:
    """Centrifugo's ``batch``, with its idempotency keys."""

    faults: deque[Fault] = field(default_factory=deque)
    away: bool = False
    refused: set[bytes] = field(default_factory=set)
    calls: list[Call] = field(default_factory=list)
    taken: dict[str, list[bytes]] = field(default_factory=dict)
    _known: dict[tuple[str, str], Position] = field(default_factory=dict)
    _busy: bool = False

    async def batch(
        self, commands: Sequence[Command], /, *, parallel: bool
    ) -> Sequence[Position | PublishError]:
        assert not self._busy, "one call at a time"
        self._busy = True
        self.calls.append(Call(asyncio.get_running_loop().time(), list(commands), parallel))
        await asyncio.sleep(CALL)
        self._busy = False
        fault = self.faults.popleft() if self.faults else None
        if self.away or fault == "lost before":
            raise PublishError("away")
        answers = [
            PublishError("refused")
            if (fault == "refused" and number == 0) or command.publication.data in self.refused
            else self._take(command)
            for number, command in enumerate(commands)
        ]
        if fault == "lost after":
            raise PublishError("cut")
        return answers

    def _take(self, command: Command) -> Position:
        taken = self.taken.setdefault(command.channel, [])
        key = command.publication.idempotency_key
        if key is not None and (command.channel, key) in self._known:
            return self._known[command.channel, key]
        taken.append(command.publication.data)
        position = Position(len(taken), "e")
        if key is not None:
            self._known[command.channel, key] = position
        return position


@asynccontextmanager
async def running(publisher: Publisher) -> AsyncIterator[Publisher]:
    task = asyncio.create_task(publisher.run())
    try:
        yield publisher
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def keyed(name: str) -> Publication:
    return Publication(name.encode(), f"key of {name}")


def plain(name: str) -> Publication:
    return Publication(name.encode())


async def test_what_becomes_ready_during_a_call_joins_the_next() -> None:
    api = FakeBatch()
    async with running(Publisher(api)) as publisher, asyncio.TaskGroup() as group:
        group.create_task(publisher.publish("a", [keyed("first")]))
        await asyncio.sleep(CALL / 2)
        for number in range(5):
            group.create_task(publisher.publish(f"channel {number}", [keyed(f"run {number}")]))

    assert [call.datas for call in api.calls] == [[b"first"], [f"run {n}".encode() for n in range(5)]]
    assert api.calls[1].at == CALL


async def test_the_position_is_that_of_the_last_publication() -> None:
    async with running(Publisher(FakeBatch())) as publisher:
        assert await publisher.publish("a", [keyed("1"), keyed("2"), keyed("3")]) == Position(3, "e")
        assert await publisher.publish("b", [keyed("1")]) == Position(1, "e")


async def test_the_last_position_of_each_channel_is_remembered_and_never_goes_back() -> None:
    async with running(Publisher(FakeBatch())) as publisher:
        assert publisher.acknowledged("a") is None
        await publisher.publish("a", [keyed("1"), keyed("2")])
        await publisher.publish("b", [keyed("1")])
        assert publisher.acknowledged("a") == Position(2, "e")

        # A repetition has the place that it had the first time.
        assert await publisher.publish("a", [keyed("1")]) == Position(1, "e")
        assert publisher.acknowledged("a") == Position(2, "e")


async def test_only_so_many_channels_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("proxy_app.runs.publishing._REMEMBERED", 2)
    async with running(Publisher(FakeBatch())) as publisher:
        for name in ("a", "b", "a", "c"):
            await publisher.publish(name, [plain(name)])
        known = {name: publisher.acknowledged(name) for name in ("a", "b", "c")}
        assert known == {"a": Position(2, "e"), "b": None, "c": Position(1, "e")}


@pytest.mark.parametrize(
    ("bundles", "parallel"),
    [
        ([[keyed("1")], [keyed("2")]], True),
        ([[keyed("1")]], False),
        ([[keyed("1"), keyed("2")], [keyed("3")]], False),
        ([[keyed("1")], [plain("2")]], False),
    ],
    ids=["one of each of several runs", "one", "two of a run", "a whole state among them"],
)
async def test_order_is_given_up_only_where_nobody_needs_it(
    bundles: list[list[Publication]], parallel: bool
) -> None:
    api = FakeBatch()
    async with running(Publisher(api)) as publisher, asyncio.TaskGroup() as group:
        for number, bundle in enumerate(bundles):
            group.create_task(publisher.publish(f"channel {number}", bundle))

    assert [call.parallel for call in api.calls] == [parallel]
    assert api.calls[0].datas == [publication.data for bundle in bundles for publication in bundle]


async def test_a_failed_call_is_repeated_with_the_identical_bytes_and_keys() -> None:
    api = FakeBatch(deque[Fault](["lost before", "lost after", "lost before"]))
    async with running(Publisher(api)) as publisher:
        position = await publisher.publish("a", [keyed("1"), keyed("2")])

    assert position == Position(2, "e")
    assert api.taken == {"a": [b"1", b"2"]}
    assert len(api.calls) == 4
    assert all(call.commands == api.calls[0].commands for call in api.calls)


async def test_pauses_between_repetitions_grow_up_to_a_limit() -> None:
    api = FakeBatch(deque[Fault](["lost before"] * 12))
    async with running(Publisher(api, retry_delays=(0.05, 1.0))) as publisher:
        await publisher.publish("a", [keyed("1")])

    times = [call.at for call in api.calls]
    pauses = [later - earlier - CALL for earlier, later in pairwise(times)]
    for number, pause in enumerate(pauses):
        longest = min(1.0, 0.05 * 2**number)
        assert longest / 2 - 1e-9 <= pause <= longest + 1e-9


async def test_what_came_during_an_outage_follows_in_its_order() -> None:
    api = FakeBatch(away=True)
    async with running(Publisher(api)) as publisher, asyncio.TaskGroup() as group:
        # Some of them come while a call is under way, some between calls.
        for number in range(20):
            group.create_task(publisher.publish("a", [plain(str(number))]))
            await asyncio.sleep(CALL / 2)
        api.away = False

    assert api.taken == {"a": [str(number).encode() for number in range(20)]}


async def test_a_refusal_of_one_holds_up_no_other() -> None:
    api = FakeBatch(refused={b"bad"})
    async with running(Publisher(api)) as publisher:
        bad = asyncio.create_task(publisher.publish("a", [keyed("bad")]))
        for name in ("1", "2", "3"):
            # The call that is under way, and its own.
            async with asyncio.timeout(2.5 * CALL):
                await publisher.publish("b", [keyed(name)])
        assert not bad.done()
        api.refused.clear()
        await bad

    assert api.taken == {"b": [b"1", b"2", b"3"], "a": [b"bad"]}


async def test_publications_that_belong_together_wait_for_each_other() -> None:
    api = FakeBatch(refused={b"1"})
    async with running(Publisher(api)) as publisher:
        both = asyncio.create_task(publisher.publish("a", [keyed("1"), keyed("2")]))
        await asyncio.sleep(5)
        assert not both.done()
        api.refused.clear()
        await both

    # What was taken at once is not taken again.
    assert api.taken == {"a": [b"2", b"1"]}


async def test_who_stops_waiting_takes_what_was_not_sent_back() -> None:
    api = FakeBatch(away=True)
    async with running(Publisher(api)) as publisher:
        gone = asyncio.create_task(publisher.publish("a", [keyed("gone")]))
        stays = asyncio.create_task(publisher.publish("a", [keyed("stays")]))
        await asyncio.sleep(1)
        gone.cancel()
        api.away = False
        await stays

    assert api.taken == {"a": [b"stays"]}
    assert gone.cancelled()


async def test_who_stops_waiting_in_mid_call_disturbs_nobody() -> None:
    api = FakeBatch()
    async with running(Publisher(api)) as publisher:
        gone = asyncio.create_task(publisher.publish("a", [keyed("gone")]))
        stays = asyncio.create_task(publisher.publish("b", [keyed("stays")]))
        await asyncio.sleep(CALL / 2)
        gone.cancel()
        assert await stays == Position(1, "e")
        assert await publisher.publish("b", [keyed("next")]) == Position(2, "e")


async def test_announcements_make_nobody_wait_and_keep_their_order() -> None:
    api = FakeBatch()
    async with running(Publisher(api)) as publisher:
        publisher.announce("a", [plain("1"), plain("2")])
        publisher.announce("a", [plain("3")])
        await publisher.publish("b", [keyed("x")])

    assert api.taken["a"] == [b"1", b"2", b"3"]


async def test_announcements_that_nobody_takes_are_given_up_after_five_minutes() -> None:
    api = FakeBatch(away=True)
    async with running(Publisher(api)) as publisher:
        publisher.announce("a", [plain("old")])
        await asyncio.sleep(299)
        publisher.announce("a", [plain("new")])
        await asyncio.sleep(2)
        api.away = False
        await publisher.publish("b", [keyed("x")])

    assert api.taken["a"] == [b"new"]


async def test_announcements_are_left_out_when_too_much_waits() -> None:
    api = FakeBatch(away=True)
    async with running(Publisher(api)) as publisher:
        for number in range(10_002):
            publisher.announce("a", [plain(str(number))])
        api.away = False
        await publisher.publish("b", [keyed("x")])

    assert len(api.taken["a"]) == 10_000


async def test_calls_are_bounded_but_for_one_bundle_that_is_larger() -> None:
    api = FakeBatch(away=True)
    publisher = Publisher(api, max_commands=3, max_bytes=30)
    async with running(publisher), asyncio.TaskGroup() as group:
        for name in ("a" * 10, "b" * 10, "c" * 10, "d" * 31, "e", "f", "g", "h"):
            group.create_task(publisher.publish("x", [keyed(name)]))
        group.create_task(publisher.publish("x", [keyed(str(number)) for number in range(4)]))
        await asyncio.sleep(1)
        api.away = False

    sent = [b"".join(call.datas).decode() for call in api.calls]
    assert list(dict.fromkeys(sent)) == ["a" * 10 + "b" * 10 + "c" * 10, "d" * 31, "efg", "h", "0123"]


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.integers(1, 6), min_size=1, max_size=5),
    st.lists(st.sampled_from(["lost before", "lost after", "refused", ""]), max_size=20),
)
def test_each_publication_of_a_run_arrives_once_and_in_order(counts: list[int], faults: list[Fault]) -> None:
    api = FakeBatch(deque(faults))

    async def write(publisher: Publisher, run: int, count: int) -> None:
        for seq in range(count):
            await publisher.publish(f"channel {run % 2}", [keyed(f"{run}:{seq}")])

    async def play() -> None:
        async with running(Publisher(api)) as publisher, asyncio.TaskGroup() as group:
            for run, count in enumerate(counts):
                group.create_task(write(publisher, run, count))

    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        runner.run(play())

    taken = [data.decode() for datas in api.taken.values() for data in datas]
    for run, count in enumerate(counts):
        assert [d for d in taken if d.startswith(f"{run}:")] == [f"{run}:{seq}" for seq in range(count)]
