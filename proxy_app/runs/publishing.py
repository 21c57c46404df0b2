"""The one way out to Centrifugo: what is ready goes out together."""

import asyncio
import logging
import random
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from ..core.positions import Position
from ..errors import PublishError
from ..ports import Publication

_log = logging.getLogger(__name__)

_ANNOUNCED = 300
"""Seconds after which an announcement that nobody waits for is given up."""
_REMEMBERED = 10_000
"""Channels of which the last position is known, those used last."""
_MAX_WAITING = 10_000
"""Bundles that may wait before announcements are left out; runs have one each at most."""


@dataclass(frozen=True, slots=True)
class Command:
    """One publication and where it goes."""

    channel: str
    publication: Publication


class BatchApi(Protocol):
    """Centrifugo, as it takes several publications in one call."""

    async def batch(
        self, commands: Sequence[Command], /, *, parallel: bool
    ) -> Sequence[Position | PublishError]:
        """Publish ``commands``; return what became of each, in order.

        Raises:
            PublishError: Nothing is known of any of them.
        """
        ...


@dataclass(slots=True)
class _Bundle:
    """Publications that have to arrive in order, and who waits for them."""

    commands: list[Command]
    taken: "asyncio.Future[Position]"
    refusals: int = 0


class Publisher:
    """Send publications of all runs as few, large calls, one call at a time.

    What becomes ready while a call is under way joins the next one, so that the price of a call is shared
    by more the more there is to do. A failed call is repeated with the identical bytes and keys until it
    succeeds; who stops waiting takes its publications out of the queue.
    """

    def __init__(
        self,
        api: BatchApi,
        *,
        max_commands: int = 500,
        max_bytes: int = 4_194_304,
        retry_delays: tuple[float, float] = (0.05, 1.0),
    ) -> None:
        self._api = api
        self._max_commands = max_commands
        self._max_bytes = max_bytes
        self._first_delay, self._longest_delay = retry_delays
        self._ready: deque[_Bundle] = deque()
        self._wake = asyncio.Event()
        self._acknowledged: dict[str, Position] = {}

    async def publish(self, channel: str, publications: Sequence[Publication], /) -> Position:
        """Send ``publications`` in order until all are taken; return the last position."""
        taken: asyncio.Future[Position] = asyncio.get_running_loop().create_future()
        self._add(_Bundle([Command(channel, publication) for publication in publications], taken))
        return await taken

    def announce(self, channel: str, publications: Sequence[Publication], /) -> None:
        """Send ``publications`` in order without making anybody wait; give up after five minutes.

        History does not reach back further for most readers, and whoever syncs finds the new state.
        """
        if len(self._ready) >= _MAX_WAITING:
            _log.error("Too much waits for Centrifugo, an announcement is left out")
            return
        loop = asyncio.get_running_loop()
        taken: asyncio.Future[Position] = loop.create_future()
        loop.call_later(_ANNOUNCED, taken.cancel)
        self._add(_Bundle([Command(channel, publication) for publication in publications], taken))

    def acknowledged(self, channel: str, /) -> Position | None:
        """Return the last position of a channel that was acknowledged, if that is remembered."""
        return self._acknowledged.get(channel)

    async def run(self) -> None:
        """Send what becomes ready, for ever; the task that runs this is the only one that sends."""
        failures = 0
        while True:
            await self._wake.wait()
            bundles = self._take()
            if not bundles:
                self._wake.clear()
                continue
            try:
                await self._send(bundles)
            except PublishError as exc:
                failures += 1
                if failures == 1:
                    _log.warning("Centrifugo takes no publications, trying on: %s", exc)
                self._ready.extendleft(reversed(bundles))
                await asyncio.sleep(self._delay(failures))
            else:
                if failures:
                    _log.info("Centrifugo takes publications again, after %d failed calls", failures)
                failures = 0

    def _add(self, bundle: _Bundle) -> None:
        if not bundle.taken.done():
            self._ready.append(bundle)
            self._wake.set()

    def _take(self) -> list[_Bundle]:
        bundles: list[_Bundle] = []
        commands = size = 0
        while self._ready:
            bundle = self._ready[0]
            commands += len(bundle.commands)
            size += sum(len(command.publication.data) for command in bundle.commands)
            if bundles and (commands > self._max_commands or size > self._max_bytes):
                break
            self._ready.popleft()
            if bundle.taken.done():  # Whoever waited for it has gone.
                commands -= len(bundle.commands)
            else:
                bundles.append(bundle)
        return bundles

    async def _send(self, bundles: Sequence[_Bundle]) -> None:
        commands = [command for bundle in bundles for command in bundle.commands]
        # A run has one publication under way at most, so order matters within a bundle only. Whole-state
        # events carry no key; in order, the newer one comes last and nobody has to drop the older.
        alone = all(len(bundle.commands) == 1 for bundle in bundles)
        keyed = all(command.publication.idempotency_key for command in commands)
        results = await self._api.batch(commands, parallel=alone and keyed and len(bundles) > 1)
        start = 0
        for bundle in bundles:
            answers = results[start : start + len(bundle.commands)]
            start += len(bundle.commands)
            self._settle(bundle, answers)

    def _settle(self, bundle: _Bundle, answers: Sequence[Position | PublishError]) -> None:
        for answer in answers:
            if isinstance(answer, PublishError):
                self._retry(bundle, answer)
                return
        last = answers[-1]
        if isinstance(last, Position):
            self._remember(bundle.commands[-1].channel, last)
            if not bundle.taken.done():
                bundle.taken.set_result(last)

    def _remember(self, channel: str, position: Position) -> None:
        known = self._acknowledged.pop(channel, None)
        # A repetition is answered with the position that it had the first time.
        if known is not None and known.epoch == position.epoch and known.offset > position.offset:
            position = known
        self._acknowledged[channel] = position
        if len(self._acknowledged) > _REMEMBERED:
            del self._acknowledged[next(iter(self._acknowledged))]

    def _retry(self, bundle: _Bundle, refusal: PublishError) -> None:
        """Put one bundle aside for a while, so that a refusal of one holds up no other."""
        bundle.refusals += 1
        if bundle.refusals == 1:
            _log.warning("Centrifugo refused a publication, trying on: %s", refusal)
        asyncio.get_running_loop().call_later(self._delay(bundle.refusals), self._add, bundle)

    def _delay(self, failures: int) -> float:
        delay = min(self._longest_delay, self._first_delay * 2.0 ** min(failures - 1, 16))
        return delay * random.uniform(0.5, 1)  # noqa: S311  # Jitter, not a secret.
