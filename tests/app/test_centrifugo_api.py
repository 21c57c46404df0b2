"""Centrifugo's server API as we call it, over the fake and over every Centrifugo there is here.

What holds for both makes the other tests in this folder worth something.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import httpx2
import orjson
import pytest
import pytest_asyncio
from openai import DefaultAioHttpClient

from proxy_app.adapters.centrifugo import CentrifugoApi
from proxy_app.core.positions import Position
from proxy_app.errors import PublishError
from proxy_app.launcher.centrifugo import centrifugo_environment
from proxy_app.launcher.places import LOOPBACK, Places
from proxy_app.ports import Publication, caller_channel
from proxy_app.runs.publishing import Command
from tests.fakes.centrifugo_api import Cut, FakeCentrifugo, Hold, Refuse, Status
from tests.stack import Server, available_servers
from tests.stack.processes import unused_ports


@dataclass(frozen=True, slots=True)
class Address:
    url: str
    key: str


@asynccontextmanager
async def real_centrifugo(server: Server, folder: Path) -> AsyncIterator[Address]:
    page, clients, internal, service = unused_ports(4)
    places = Places(page, clients, internal, service, state=folder, centrifugo="auto")
    address = Address(f"http://{LOOPBACK}:{places.centrifugo_internal_port}/api", secrets.token_urlsafe(16))
    environment = centrifugo_environment(places, api_key=address.key, proxy_secret="unused", overrides={})
    health = address.url.removesuffix("/api") + "/health"
    process = await server.process(places, environment, health, folder / "centrifugo.log")
    await process.start()
    try:
        yield address
    finally:
        await process.stop()


@pytest_asyncio.fixture(
    scope="module",
    loop_scope="module",
    params=[None, *available_servers()],
    ids=lambda server: server.kind if server else "fake",
)
async def address(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Address]:
    """A server API to call."""
    if request.param is None:
        async with FakeCentrifugo() as fake:
            yield Address(fake.url, fake.api_key)
    else:
        async with real_centrifugo(request.param, tmp_path_factory.mktemp("centrifugo")) as real:
            yield real


@asynccontextmanager
async def adapter(address: Address, *, timeout: float = 5) -> AsyncIterator[CentrifugoApi]:
    async with DefaultAioHttpClient(timeout=httpx2.Timeout(timeout), trust_env=False) as client:
        yield CentrifugoApi(client, api_url=address.url, api_key=address.key)


def command(channel: str, text: str, key: str | None = None) -> Command:
    return Command(channel, Publication(orjson.dumps({"text": text}), key))


def new_channel() -> str:
    return caller_channel(uuid4().hex)


both = pytest.mark.asyncio(loop_scope="module")


@both
async def test_publications_take_their_places_in_order(address: Address) -> None:
    channel, other = new_channel(), new_channel()
    async with adapter(address) as api:
        commands = [command(channel, "1"), command(other, "1"), command(channel, "2")]
        taken = await api.batch(commands, parallel=False)
        edges = await api.edges(channel)

    assert [position.offset for position in taken if isinstance(position, Position)] == [1, 1, 2]
    assert edges.top == taken[2]
    assert edges.oldest == 1


@both
async def test_a_key_makes_a_repetition_the_same(address: Address) -> None:
    channel, other = new_channel(), new_channel()
    async with adapter(address) as api:
        first = await api.batch([command(channel, "1", "k"), command(channel, "2")], parallel=False)
        again = await api.batch([command(channel, "1", "k"), command(channel, "3", "l")], parallel=False)
        alone = await api.batch([command(channel, "4", "l")], parallel=False)
        # A key is one channel's.
        elsewhere = await api.batch([command(other, "1", "k")], parallel=False)
        edges = await api.edges(channel)

    assert again[0] == first[0]
    assert alone[0] == again[1]
    assert edges.top.offset == 3
    assert isinstance(elsewhere[0], Position)
    assert elsewhere[0].offset == 1


@both
async def test_runs_in_parallel_are_all_taken(address: Address) -> None:
    commands = [command(new_channel(), str(number), "k") for number in range(50)]
    async with adapter(address) as api:
        taken = await api.batch(commands, parallel=True)

    assert [position.offset for position in taken if isinstance(position, Position)] == [1] * 50


@both
async def test_a_refused_command_stands_alone(address: Address) -> None:
    channel = new_channel()
    async with adapter(address) as api:
        taken = await api.batch(
            [command(channel, "1"), command("nobody-knows:this", "x"), command(channel, "2")], parallel=False
        )

    assert isinstance(taken[1], PublishError)
    assert "102" in str(taken[1])
    assert [position.offset for position in taken if isinstance(position, Position)] == [1, 2]


@both
async def test_one_alone_has_the_next_place_or_is_refused(address: Address) -> None:
    channel = new_channel()
    async with adapter(address) as api:
        taken = [await api.batch([command(channel, text)], parallel=False) for text in ("1", "2")]
        edges = await api.edges(channel)
        (refusal,) = await api.batch([command("nobody-knows:this", "x")], parallel=False)

    assert [len(answers) for answers in taken] == [1, 1]
    assert taken[1] == [edges.top]
    assert edges.top.offset == 2
    assert isinstance(refusal, PublishError)
    assert "102" in str(refusal)


@both
async def test_an_untouched_channel_has_a_lasting_epoch_and_nothing_to_replay(address: Address) -> None:
    channel = new_channel()
    async with adapter(address) as api:
        before, again = await api.edges(channel), await api.edges(channel)
        await api.batch([command(channel, "1")], parallel=False)
        after = await api.edges(channel)

    assert before == again
    assert (before.oldest, before.top.offset) == (1, 0)
    assert before.top.epoch != ""
    assert (after.oldest, after.top) == (1, Position(1, before.top.epoch))


@both
async def test_history_forgets_the_oldest(address: Address) -> None:
    channel = new_channel()
    async with adapter(address) as api:
        for _ in range(3):
            await api.batch([command(channel, "x")] * 400, parallel=False)
        edges = await api.edges(channel)

    assert (edges.oldest, edges.top.offset) == (201, 1200)


@both
async def test_a_history_that_cannot_be_told_is_an_error(address: Address) -> None:
    async with adapter(address) as api:
        with pytest.raises(PublishError, match="102"):
            await api.edges("nobody-knows:this")


@both
async def test_a_wrong_key_is_an_error_that_does_not_show_it(address: Address) -> None:
    async with adapter(Address(address.url, "a-wrong-key")) as api:
        commands = [command(new_channel(), text) for text in ("1", "2")]
        for call in (
            api.batch(commands, parallel=False),
            api.batch(commands[:1], parallel=False),
            api.edges(new_channel()),
        ):
            with pytest.raises(PublishError, match="401") as caught:
                await call
            assert "a-wrong-key" not in str(caught.value)


# What the real one does not do to order is tried on the fake alone.


async def test_the_wire_format() -> None:
    async with FakeCentrifugo() as fake, adapter(Address(fake.url, fake.api_key)) as api:
        data = '{"type":"run","text":"Grüße 🙂"}'.encode()
        await api.batch(
            [Command("chat:#u", Publication(data, "r:1:1")), Command("chat:#v", Publication(b"{}"))],
            parallel=True,
        )
        await api.batch([Command("chat:#u", Publication(data, "r:1:2"))], parallel=False)
        await api.edges("chat:#u")

    batch, alone, history = fake.calls
    assert [call.method for call in fake.calls] == ["batch", "publish", "history"]
    assert batch.request == {
        "commands": [
            {"publish": {"channel": "chat:#u", "data": orjson.loads(data), "idempotency_key": "r:1:1"}},
            {"publish": {"channel": "chat:#v", "data": {}}},
        ],
        "parallel": True,
    }
    # What was cut once travels as it was cut.
    assert data in batch.body
    assert alone.request == {"channel": "chat:#u", "data": orjson.loads(data), "idempotency_key": "r:1:2"}
    assert data in alone.body
    assert history.request == {"channel": "chat:#u", "limit": 1}


BREAKS = {
    "an error of the server": Status(500, b"boom of /some/path"),
    "a gateway": Status(502, b"<html>"),
    "no JSON": Status(200, b"<html>"),
    "no object": Status(200, b"[]"),
    "an empty object": Status(200, b"{}"),
    "nothing": Status(200),
    "a number of replies that is not ours": Status(200, b'{"replies":[]}'),
    "no replies": Status(200, b'{"replies":null,"result":null}'),
    "a cut before": Cut(applied=False),
    "a cut after": Cut(applied=True),
}


@pytest.mark.parametrize("fault", BREAKS.values(), ids=BREAKS)
@pytest.mark.parametrize("method", ["batch", "publish", "history"])
async def test_whatever_goes_wrong_is_one_kind_of_error(method: str, fault: Status | Cut) -> None:
    async with FakeCentrifugo() as fake, adapter(Address(fake.url, fake.api_key)) as api:
        fake.faults["history" if method == "history" else "publish"].append(fault)
        commands = [command("chat:#u", "1")] * (2 if method == "batch" else 1)
        call = api.edges("chat:#u") if method == "history" else api.batch(commands, parallel=False)
        with pytest.raises(PublishError) as caught:
            await call

        assert "/some/path" not in str(caught.value)
        # The next call is as good as ever.
        (position,) = await api.batch([command("chat:#u", "2")], parallel=False)
        assert isinstance(position, Position)
        assert fake.calls[0].method == method


async def test_an_error_for_a_whole_batch_tells_nothing_of_any() -> None:
    async with FakeCentrifugo() as fake, adapter(Address(fake.url, fake.api_key)) as api:
        fake.faults["publish"].append(Status(200, b'{"error":{"code":107,"message":"bad request"}}'))
        with pytest.raises(PublishError):
            await api.batch([command("chat:#u", "1"), command("chat:#u", "2")], parallel=False)


@pytest.mark.parametrize("count", [1, 2])
async def test_a_call_takes_no_longer_than_it_may(count: int) -> None:
    async with FakeCentrifugo() as fake, adapter(Address(fake.url, fake.api_key), timeout=0.1) as api:
        fake.faults["publish"].append(Hold(asyncio.Event()))
        with pytest.raises(PublishError):
            await api.batch([command("chat:#u", "1")] * count, parallel=False)


async def test_nobody_there_is_an_error() -> None:
    (port,) = unused_ports(1)
    async with adapter(Address(f"http://{LOOPBACK}:{port}/api", "key")) as api:
        with pytest.raises(PublishError):
            await api.edges("chat:#u")


async def test_a_refusal_is_told_beside_the_position_of_the_other() -> None:
    async with FakeCentrifugo() as fake, adapter(Address(fake.url, fake.api_key)) as api:
        fake.faults["publish"].append(Refuse(lambda data: data["text"] == "bad"))
        commands = [command("chat:#u", "bad"), command("chat:#u", "good")]
        refusal, position = await api.batch(commands, parallel=False)

    assert isinstance(refusal, PublishError)
    assert isinstance(position, Position)
    assert position.offset == 1


async def test_a_reply_of_no_form_stands_for_a_refusal() -> None:
    async with FakeCentrifugo() as fake, adapter(Address(fake.url, fake.api_key)) as api:
        fake.faults["publish"].append(Status(200, b'{"replies":[null,{"publish":{"offset":7,"epoch":"e"}}]}'))
        refusal, position = await api.batch([command("chat:#u", "1")] * 2, parallel=False)

    assert isinstance(refusal, PublishError)
    assert position == Position(7, "e")
