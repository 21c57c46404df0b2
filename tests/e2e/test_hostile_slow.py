"""Callers of the proxy port who take their time, or never finish: slow-loris and its kin."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import pytest_asyncio

from tests.fakes.openai_server import FakeOpenAI
from tests.stack.processes import until, unused_ports
from tests.stack.service import Service

pytestmark = pytest.mark.asyncio(loop_scope="module")

SECRET = "a-secret-for-the-proxy-port"
PATIENCE = 0.5
"""Seconds within which a call has to arrive."""
LINGERING = 1.0
"""Seconds that the rest of a refused call is read."""
SLACK = 3.0
"""Seconds that a busy machine may be late."""
BODY = json.dumps({"client": "c", "user": "u", "method": "chat:conversations", "data": {}}).encode()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def service(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Service]:
    """The real service, which waits for nobody; nothing here gets as far as Centrifugo."""
    port, nobodys = unused_ports(2)
    async with FakeOpenAI() as openai:
        service = Service(
            f"http://127.0.0.1:{port}",
            {
                "CHAT_PORT": str(port),
                "CHAT_CENTRIFUGO_API_URL": f"http://127.0.0.1:{nobodys}/api",
                "CHAT_CENTRIFUGO_API_KEY": "unused",
                "CHAT_PROXY_SECRET": SECRET,
                "CHAT_REQUEST_TIMEOUT": str(PATIENCE),
                "OPENAI_BASE_URL": openai.url,
                "OPENAI_MODEL": "fake-model",
            },
            tmp_path_factory.mktemp("slow"),
        )
        await service.process.start()
        yield service
        said = service.process.log.read_text()
        await service.process.stop()
    assert "Traceback" not in said, said
    assert SECRET not in said


def head(*, secret: str | None = SECRET, length: int | None = len(BODY)) -> bytes:
    """Return the head of a call."""
    lines = ["POST /centrifugo/rpc HTTP/1.1", "Host: proxy"]
    lines += [f"X-Proxy-Secret: {secret}"] if secret else []
    lines += ["Transfer-Encoding: chunked"] if length is None else [f"Content-Length: {length}"]
    return "\r\n".join([*lines, "", ""]).encode()


async def dribble(service: Service, at_once: bytes, slowly: bytes) -> tuple[bytes, float]:
    """Send byte by byte until the connection is closed; return what came, and after how long."""
    address = urlsplit(service.url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    began = time.monotonic()
    writer.write(at_once)

    async def go_on() -> None:
        with suppress(ConnectionError):
            for number in range(10_000):
                writer.write(slowly[number % len(slowly) :][:1])
                await writer.drain()
                await asyncio.sleep(0.05)

    going_on = asyncio.create_task(go_on()) if slowly else None
    told = b""
    try:
        async with asyncio.timeout(2 * PATIENCE + LINGERING + SLACK):
            with suppress(ConnectionError):
                while chunk := await reader.read(65_536):
                    told += chunk
        return told, time.monotonic() - began
    finally:
        if going_on:
            going_on.cancel()
        writer.close()


def open_files(service: Service) -> int:
    """Return how many files and connections the service holds."""
    return len(list(Path(f"/proc/{service.process.pid}/fd").iterdir()))


async def test_who_says_nothing_is_sent_away(service: Service) -> None:
    told, took = await dribble(service, b"", b"")

    assert told == b""
    assert PATIENCE * 0.9 <= took <= 2 * PATIENCE + SLACK


@pytest.mark.parametrize(
    ("at_once", "slowly"),
    [
        (b"", b"POST /centrifugo/rpc HTTP/1.1\r\nHost: proxy\r\n"),
        (b"POST /centrifugo/rpc HTTP/1.1\r\nHost: proxy\r\n", b"X-A: b\r\n"),
        (b"POST /centrifugo/rpc HTTP/1.1\r\nX-Proxy-Secret: ", b"guess"),
        (b"GET /", b"a"),
    ],
    ids=["every byte", "headers without an end", "a secret without an end", "a path without an end"],
)
async def test_who_never_finishes_a_head_is_sent_away(
    service: Service, at_once: bytes, slowly: bytes
) -> None:
    told, took = await dribble(service, at_once, slowly)

    assert b" 200 " not in told
    assert took <= 2 * PATIENCE + SLACK


async def test_who_has_no_secret_and_never_finishes_a_body_is_sent_away(service: Service) -> None:
    told, took = await dribble(service, head(secret="wrong", length=1_000_000), b"a")

    assert told.startswith(b"HTTP/1.1 401 ")
    assert took <= LINGERING + SLACK


@pytest.mark.parametrize(
    ("at_once", "slowly"),
    [
        (head(length=1_000_000), b"a"),
        (head(length=None), b"1\r\na\r\n"),
        (head(length=10), b""),
        (head(length=None) + b"ffff\r\n", b"a"),
    ],
    ids=["a length", "chunks", "silence", "a chunk without an end"],
)
async def test_even_centrifugo_has_to_finish_a_call_in_time(
    service: Service, at_once: bytes, slowly: bytes
) -> None:
    told, took = await dribble(service, at_once, slowly)

    assert told.startswith(b"HTTP/1.1 408 ")
    assert PATIENCE * 0.9 <= took <= PATIENCE + LINGERING + SLACK


async def test_a_connection_of_centrifugo_is_kept_while_it_is_quiet(service: Service) -> None:
    address = urlsplit(service.url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    try:
        for pause in (0, 4 * PATIENCE):
            await asyncio.sleep(pause)  # The quiet is what is tested.
            writer.write(head() + BODY)
            async with asyncio.timeout(SLACK):
                told = await reader.readuntil(b"}}}")
            assert told.startswith(b"HTTP/1.1 200 ")
    finally:
        writer.close()


async def test_many_who_dribble_block_nobody_and_leave_nothing_behind(service: Service) -> None:
    before = open_files(service)
    slow = [
        asyncio.create_task(dribble(service, *case))
        for case in [(b"", b"POST /"), (head(secret=None, length=10**6), b"a"), (head(length=10**6), b"a")]
        * 60
    ]

    async def many() -> bool:
        return open_files(service) > before + 60

    await until(many, SLACK, "the slow ones to be there")
    waited = []
    for _ in range(20):
        began = time.monotonic()
        status, _ = await service.post("/centrifugo/rpc", BODY, {"X-Proxy-Secret": SECRET})
        waited.append(time.monotonic() - began)
        assert status == 200
    assert sorted(waited)[10] < 0.5, waited

    await asyncio.gather(*slow)

    async def gone() -> bool:
        return open_files(service) <= before + 2

    await until(gone, SLACK, "the slow ones to be gone")
