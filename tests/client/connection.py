"""The connection: one WebSocket, one channel, and RPCs that are repeated until they are answered."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import centrifuge  # type: ignore[import-untyped]

from .errors import RpcError, TerminatedError

Json = dict[str, Any]
Found = TypeVar("Found")

RPC_TIMEOUT = 5.0
"""Seconds that one try of an RPC may take."""
PATIENCE = 30.0
"""Seconds after which an RPC is not repeated, and nothing is waited for, any more."""
SHORTEST_DELAY, LONGEST_DELAY = 0.05, 0.5
"""Seconds between two tries: of connecting, of subscribing, of an RPC."""
WORTH_REPEATING = {100, 1503}
"""Centrifugo can't reach the service; the service says that it is unavailable."""
RATE_LIMITED = 1429
"""Too much in too short a time."""


class Connection:
    """Centrifugo's own SDK, and what its events mean to us; who uses it fills in the two hooks."""

    def __init__(self, url: str, token: str | None) -> None:
        self.welcome: Json = {}
        """The connect reply's ``data``."""
        self.connections = 0
        """How often the connection was made."""
        self.calls_repeated = 0
        self.terminated: TerminatedError | None = None
        self.failures: list[BaseException] = []
        """What went wrong in this client itself; must stay empty."""
        self._subscription: Any = None
        # The SDK sends this very object at every connect, so that a token learnt later goes along.
        self._data: Json = {"v": 1} if token is None else {"v": 1, "token": token}
        self._sdk: Any = centrifuge.Client(
            url,
            events=_Events(self),
            data=self._data,
            proxy=None,
            timeout=RPC_TIMEOUT,
            min_reconnect_delay=SHORTEST_DELAY,
            max_reconnect_delay=LONGEST_DELAY,
        )
        self._waiting: list[asyncio.Future[None]] = []

    async def take_state(self) -> Json:
        """Fetch and apply the state; return the position that it was read at."""
        raise NotImplementedError

    def take_publication(self, event: Json) -> None:
        """Apply an event of the channel."""
        raise NotImplementedError

    @property
    def token(self) -> str | None:
        """The token kept: the last one that a connect reply brought."""
        return self._data.get("token")

    def bring(self, token: str) -> None:
        """Bring another token from the next connect on."""
        self._data["token"] = token

    @property
    def subscribed(self) -> bool:
        """Whether the channel is being followed right now."""
        return bool(self._subscription.state == centrifuge.SubscriptionState.SUBSCRIBED)

    async def connect(self) -> None:
        """Connect and wait until it is done.

        Raises:
            TerminatedError: The server refused for good.
        """
        await self._sdk.connect()
        await self.until(lambda: self.welcome)

    async def subscribe(self) -> None:
        """Subscribe to exactly the channel of the connect reply, state first, and wait until it is done."""
        self._subscription = self._sdk.new_subscription(
            self.welcome["channel"],
            events=_SubscriptionEvents(self),
            get_state=self._get_state,
            min_resubscribe_delay=SHORTEST_DELAY,
            max_resubscribe_delay=LONGEST_DELAY,
        )
        await self._subscription.subscribe()
        await self.until(lambda: self.subscribed)

    async def until(self, find: Callable[[], Found | None], timeout: float = PATIENCE) -> Found:
        """Wait until ``find`` finds something in what this client holds, and return it."""
        async with asyncio.timeout(timeout):
            while not (found := find()):
                if self.terminated:
                    raise self.terminated
                if self.failures:
                    raise self.failures[0]
                changed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
                self._waiting.append(changed)
                await changed
            return found

    async def rpc(self, method: str, data: Any = None) -> Any:
        """Call a method once.

        Raises:
            RpcError: The server refused.
        """
        try:
            return (await self._sdk.rpc(method, data, timeout=RPC_TIMEOUT)).data
        except centrifuge.ReplyError as exc:
            raise RpcError(exc.code, exc.message, temporary=exc.temporary) from None

    async def call(
        self, method: str, data: Any = None, *, patience: float = PATIENCE, must_know: bool = False
    ) -> Any:
        """Call a method again and again until it is answered or refused.

        What the client ``must_know`` it asks again also where it asked too often.
        """
        deadline = asyncio.get_running_loop().time() + patience
        delay = SHORTEST_DELAY
        while True:
            try:
                return await self.rpc(method, data)
            except RpcError as exc:
                if exc.code not in WORTH_REPEATING and not (must_know and exc.code == RATE_LIMITED):
                    raise
                failure: Exception = exc
            except (centrifuge.OperationTimeoutError, centrifuge.ClientDisconnectedError) as exc:
                failure = exc
            if self.terminated:
                raise self.terminated from failure
            if asyncio.get_running_loop().time() + delay > deadline:
                raise failure
            self.calls_repeated += 1
            self.wake()
            await asyncio.sleep(delay)
            delay = min(2 * delay, LONGEST_DELAY)

    def cut(self) -> None:
        """Break the socket as a dying network does: no close frame, no goodbye."""
        if connection := self._sdk._conn:
            connection.transport.abort()

    @asynccontextmanager
    async def away(self) -> AsyncIterator[None]:
        """Be disconnected for the time of the block, as a device that sleeps."""
        await self._sdk.disconnect()
        yield
        await self._sdk.connect()

    async def close(self) -> None:
        """Disconnect."""
        await self._sdk.disconnect()

    def wake(self) -> None:
        """Let everybody who waits look again."""
        waiting, self._waiting = self._waiting, []
        for changed in waiting:
            if not changed.done():
                changed.set_result(None)

    async def _get_state(self, _channel: str) -> Any:
        return centrifuge.StreamPosition(**await self.take_state())

    def _connected(self, welcome: Json) -> None:
        self.connections += 1
        self.welcome = welcome
        if token := welcome.get("token"):
            self._data["token"] = token

    def _ended(self, code: int, reason: str) -> None:
        if code:  # 0 is our own doing.
            self.terminated = TerminatedError(code, reason)


def _guarded(
    handle: Callable[[Any, Any], None],
) -> Callable[[Any, Any], Awaitable[None]]:
    """Make a handler for the SDK, which calls them in its read loop and would give up if one raised."""

    async def call(self: Any, ctx: Any) -> None:
        try:
            handle(self.connection, ctx)
        except Exception as exc:
            self.connection.failures.append(exc)
        self.connection.wake()

    return call


class _Events(centrifuge.ClientEventHandler):  # type: ignore[misc]
    """What happens to the connection."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    on_connected = _guarded(lambda connection, ctx: connection._connected(ctx.data or {}))
    on_disconnected = _guarded(lambda connection, ctx: connection._ended(ctx.code, ctx.reason))


class _SubscriptionEvents(centrifuge.SubscriptionEventHandler):  # type: ignore[misc]
    """What happens on the channel."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    on_subscribed = _guarded(lambda connection, ctx: None)
    on_publication = _guarded(lambda connection, ctx: connection.take_publication(ctx.pub.data))
    on_unsubscribed = _guarded(lambda connection, ctx: connection._ended(ctx.code, ctx.reason))
