"""Whether the cheap clients of this benchmark hear what a whole client hears."""

from tests.client import ChatClient

from . import stamps
from .rig import Rig
from .tables import say
from .wishes import Wish

_PATIENCE = 30.0


async def check(rig: Rig) -> None:
    """Let Centrifugo's own SDK, in the tests' client, follow one answer beside ours, and compare.

    Raises:
        RuntimeError: They differ: the figures would be worth nothing.
    """
    (listener,) = await rig.listeners.first(1)
    async with ChatClient.open(rig.stack.url, listener.token) as client:
        await listener.send(Wish(200, 100).prompt())
        run = await client.until(lambda: next((run for run in client.state.runs.values() if run.ended), None))
        await listener.until_ended(_PATIENCE)
    heard = "".join(map(stamps.written, listener.sent))
    if run.text() != heard or len(listener.sent) != 100:
        raise RuntimeError("the clients of the benchmark hear another text than the SDK's client")
    say(f"The SDK's client and the benchmark's heard the same {len(listener.sent)} tokens of one answer.\n")
