"""Putting a load on somebody for a while, and what came of it."""

import asyncio
import os
from dataclasses import dataclass

from . import stamps
from .figures import quantile
from .listeners import Listener
from .programs import cpu_seconds, resident
from .rig import Rig, all_ended
from .subjects import Subject
from .wishes import Wish

_ASKING = 20
"""Prompts under way at once while a load is built up."""
_ENDING = 10.0
"""Seconds that all answers may take to be complete after the upstream ended them."""


@dataclass(frozen=True, slots=True)
class Load:
    """So many answers at once, each at so many tokens per second."""

    streams: int
    rate: float

    def __str__(self) -> str:
        return f"{self.streams:,} × {self.rate:g}/s"


@dataclass(frozen=True, slots=True)
class Result:
    """What a load came to within its window."""

    load: Load
    seconds: float
    tokens: int
    """Tokens that the upstream sent within the window and that arrived."""
    publications: int
    """Publications of the whole round, for ``all_tokens`` tokens."""
    all_tokens: int
    complete: bool
    """Whether every token that was sent arrived, once and in order, before long."""
    delays: list[float]
    """Milliseconds from the upstream to the client, token by token."""
    cpu: float
    """Seconds of CPU that the subject used within the window."""
    machine: dict[str, float]
    """Cores that each of the others used."""
    memory: tuple[int, int]
    """Bytes that the subject held: all streams open but silent, and at the window's end."""

    @property
    def rate(self) -> float:
        """Tokens per second."""
        return self.tokens / self.seconds

    @property
    def cores(self) -> float:
        """Cores that the subject used."""
        return self.cpu / self.seconds

    @property
    def microseconds(self) -> float:
        """CPU per token."""
        return self.cpu / self.tokens * 1e6 if self.tokens else float("nan")

    def delay(self, share: float) -> float:
        """Return a quantile of the delays, in milliseconds."""
        return quantile(self.delays, share)


async def put(rig: Rig, subject: Subject, load: Load, *, warm_up: float, window: float) -> Result:
    """Build a load up, let it flow for ``warm_up`` seconds, measure for ``window`` seconds, end it."""
    await rig.post(f"{rig.upstream.url}/round")
    listeners = list(await rig.listeners.first(load.streams))
    await _ask(subject, listeners, Wish(load.rate, gated=True).prompt())
    await rig.until_opened(load.streams)
    await asyncio.sleep(min(1.0, warm_up))
    silent = resident(subject.pid)
    await rig.post(f"{rig.upstream.url}/round/begin")
    await asyncio.sleep(warm_up)
    pids = {
        "subject": subject.pid,
        "centrifugo": rig.centrifugo.pid,
        "upstream": rig.upstream.pid,
        "clients": os.getpid(),
    }
    before, began = {name: cpu_seconds(pid) for name, pid in pids.items()}, stamps.now()
    await asyncio.sleep(window)
    after, ended = {name: cpu_seconds(pid) for name, pid in pids.items()}, stamps.now()
    flowing = resident(subject.pid)
    await rig.post(f"{rig.upstream.url}/round/end")
    ended_in_time = await all_ended(listeners, _ENDING + load.streams / 100)
    sent = (await rig.round())["sent"]
    seconds = (ended - began) / 1e6
    used = {name: after[name] - before[name] for name in pids}
    delays = [
        (arrived - at) / 1000
        for listener in listeners
        for at, arrived in zip(listener.sent, listener.arrived, strict=True)
        if began <= at < ended
    ]
    return Result(
        load=load,
        seconds=seconds,
        tokens=len(delays),
        publications=sum(listener.publications for listener in listeners),
        all_tokens=sent,
        complete=ended_in_time
        and sent == sum(len(listener.sent) for listener in listeners)
        and _ordered(listeners),
        delays=delays,
        cpu=used.pop("subject"),
        machine={name: spent / seconds for name, spent in used.items()},
        memory=(silent, flowing),
    )


async def _ask(subject: Subject, listeners: list[Listener], prompt: str) -> None:
    waiting = iter(listeners)

    async def ask() -> None:
        for listener in waiting:
            await subject.ask(listener, prompt)

    async with asyncio.TaskGroup() as group:
        for _ in range(_ASKING):
            group.create_task(ask())


def _ordered(listeners: list[Listener]) -> bool:
    """Say whether no token came twice or before an earlier one."""
    return all(
        earlier < later
        for listener in listeners
        for earlier, later in zip(listener.sent, listener.sent[1:], strict=False)
    )
