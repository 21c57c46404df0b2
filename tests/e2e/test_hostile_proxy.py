"""The proxy port, spoken to by somebody who is not Centrifugo, or who has its secret.

A missing or wrong secret, calls that are malformed or too large: ``test_proxy_secret.py``.
"""

import asyncio
import gzip
import json
import time
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import pytest_asyncio

from tests.client import new_id
from tests.stack import Stack

from .hostile import Victim, still_serves

pytestmark = pytest.mark.asyncio(loop_scope="session")

Json = dict[str, Any]
SYNC = {"client": "c", "user": "somebody", "method": "chat:conversations", "data": {}}


@pytest_asyncio.fixture(scope="module", loop_scope="session", autouse=True)
async def serving(running_stack: Stack) -> AsyncIterator[None]:
    """Check once, after all of it, that the service goes on."""
    yield
    await still_serves(running_stack)


async def talk(stack: Stack, *sent: bytes, limit: float = 5) -> bytes:
    """Send bytes to the proxy port as they are; return what comes until it closes the connection."""
    address = urlsplit(stack.service.url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    told = b""
    try:
        for part in sent:
            writer.write(part)
            await writer.drain()
        async with asyncio.timeout(limit):
            while chunk := await reader.read(65_536):
                told += chunk
    except (ConnectionError, TimeoutError):
        pass
    finally:
        writer.close()
    return told


def call(stack: Stack, path: str = "/centrifugo/rpc", body: Json | bytes = SYNC, **headers: str) -> bytes:
    """Return a call as bytes, with the right secret unless a header says otherwise."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    told = {
        "Host": "proxy",
        "X-Proxy-Secret": stack.centrifugo.proxy_secret,
        "Content-Length": str(len(data)),
        "Connection": "close",
    } | {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"POST {path} HTTP/1.1", *(f"{name}: {value}" for name, value in told.items() if value), "", ""]
    return "\r\n".join(lines).encode() + data


def status(told: bytes) -> int:
    """Return the status of an answer; 0 where there is none."""
    return int(told.split(b" ", 2)[1]) if told.startswith(b"HTTP/") else 0


ELSEWHERE = {
    "the query": ("/centrifugo/rpc?X-Proxy-Secret={secret}", {}),
    "a cookie": ("/centrifugo/rpc", {"Cookie": "X-Proxy-Secret={secret}"}),
    "another header": ("/centrifugo/rpc", {"X-API-Key": "{secret}"}),
    "an authorization": ("/centrifugo/rpc", {"Authorization": "Bearer {secret}"}),
    "a header with an underscore": ("/centrifugo/rpc", {"X_Proxy_Secret": "{secret}"}),
    "the path": ("/centrifugo/rpc/{secret}", {}),
    "quotes": ("/centrifugo/rpc", {"X-Proxy-Secret": '"{secret}"'}),
    "other letters": ("/centrifugo/rpc", {"X-Proxy-Secret": "{SECRET}"}),
}


@pytest.mark.parametrize("name", ELSEWHERE)
async def test_a_secret_that_is_said_elsewhere_is_none(stack: Stack, name: str) -> None:
    right = stack.centrifugo.proxy_secret
    path, headers = ELSEWHERE[name]
    filled = {
        header: value.format(secret=right, SECRET=right.swapcase()) for header, value in headers.items()
    }

    code, body = await stack.service.post(path.format(secret=right), json.dumps(SYNC).encode(), filled)

    assert code == 401
    assert body == ""


PATHS = [
    *("/centrifugo/rpc/", "//centrifugo/rpc", "/CENTRIFUGO/RPC", "/centrifugo/./../centrifugo/rpcs"),
    *(
        "/centrifugo/rpc%00",
        "/centrifugo/%2e%2e/centrifugo/rpc/x",
        "/centrifugo%2frpc",
        "/centrifugo/rpc;a=b",
    ),
    *("/health/../centrifugo/rpc/x", "/health/", "/health%2f..%2fcentrifugo%2frpc", "/%68ealth/x", "/HEALTH"),
]


@pytest.mark.parametrize("path", PATHS)
async def test_other_spellings_of_a_path_lead_nowhere(stack: Stack, path: str) -> None:
    assert status(await talk(stack, call(stack, path, X_Proxy_Secret=""))) == 401
    assert status(await talk(stack, call(stack, path))) == 404


@pytest.mark.parametrize(
    "verb", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "X"]
)
async def test_other_verbs_do_nothing(stack: Stack, verb: str) -> None:
    told = await talk(stack, call(stack).replace(b"POST", verb.encode(), 1))

    assert status(told) in {400, 404, 405}
    assert b'"result"' not in told


@pytest.mark.parametrize("origin", ["http://127.0.0.1:9000", "https://evil.example", "null"])
async def test_no_page_may_read_an_answer(stack: Stack, origin: str) -> None:
    preflight = call(stack, X_Proxy_Secret="", Origin=origin, Access_Control_Request_Method="POST")
    for told in (
        await talk(stack, preflight.replace(b"POST /", b"OPTIONS /", 1)),
        await talk(stack, call(stack, Origin=origin)),
    ):
        assert b"access-control" not in told.lower()


POST = b"POST /centrifugo/rpc HTTP/1.1\r\nHost: a\r\n"
BROKEN: dict[str, bytes] = {
    "no HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200),
    "a line without an end": b"GET /" + b"a" * 100_000,
    "a line of blanks": b" " * 20_000 + b"\r\n\r\n",
    "no version": b"GET /centrifugo/rpc\r\n\r\n",
    "another version": b"GET /health HTTP/9.9\r\nHost: a\r\n\r\n",
    "a header without a name": b"GET /health HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n",
    "a header with a blank in its name": b"GET /health HTTP/1.1\r\nHost: a\r\nX Proxy: b\r\n\r\n",
    "a header with NUL": b"GET /health HTTP/1.1\r\nHost: a\r\nA: b\0c\r\n\r\n",
    "a header over two lines": b"GET /health HTTP/1.1\r\nHost: a\r\nA: b\r\n c\r\n\r\n",
    "a header without an end": b"GET /health HTTP/1.1\r\nHost: a\r\nA: " + b"a" * 300_000,
    "very many headers": b"GET /health HTTP/1.1\r\n"
    + b"".join(b"A%d: b\r\n" % n for n in range(1_000))
    + b"\r\n",
    "two lengths": POST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\na",
    "a length and chunks": b"POST /centrifugo/rpc HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a negative length": b"POST /centrifugo/rpc HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
    "a length that is no number": b"POST /centrifugo/rpc HTTP/1.1\r\nHost: a\r\nContent-Length: 1e9\r\n\r\n",
    "an enormous length": b"POST /centrifugo/rpc HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % 10**30,
    "another transfer encoding": b"POST /centrifugo/rpc HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: x\r\n\r\n",
    "an absolute address": b"GET http://169.254.169.254/ HTTP/1.1\r\nHost: a\r\n\r\n",
    "a tunnel": b"CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: a\r\n\r\n",
    "another protocol": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "an upgrade": POST + b"Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
}


@pytest.mark.parametrize("name", BROKEN)
async def test_what_is_no_call_is_answered_at_once_and_not_logged(stack: Stack, name: str) -> None:
    log = stack.service.process.log
    before = log.stat().st_size

    told = await talk(stack, BROKEN[name])

    assert status(told) in {400, 401, 404, 405, 505}
    assert b"Traceback" not in told
    assert stack.centrifugo.proxy_secret.encode() not in told
    assert log.stat().st_size == before


async def test_a_second_request_of_a_connection_needs_the_secret_too(stack: Stack) -> None:
    first, second = call(stack, Connection="keep-alive"), call(stack, X_Proxy_Secret="")

    told = await talk(stack, first + second)

    assert [int(part[:3]) for part in told.split(b"HTTP/1.1 ")[1:]] == [200, 401]


async def test_without_the_secret_a_connection_is_not_kept(stack: Stack) -> None:
    head = b"GET /health HTTP/1.1\r\nHost: a\r\nConnection: keep-alive\r\n\r\n"

    told = await talk(stack, head * 3)

    assert told.count(b"HTTP/1.1 200") == 1
    assert b"Connection: close" in told


async def test_a_body_that_swells_is_refused(stack: Stack) -> None:
    bomb = gzip.compress(b"[" + b"0," * 20_000_000 + b"0]", compresslevel=1)
    assert len(bomb) < 500_000

    told = await talk(stack, call(stack, body=bomb, Content_Encoding="gzip"))

    assert status(told) in {200, 413}
    assert b'"result"' not in told


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "identity", "nonsense"])
async def test_a_body_that_is_not_packed_as_it_says_is_no_bug(stack: Stack, encoding: str) -> None:
    told = await talk(stack, call(stack, body=b"\xff" * 1_000, Content_Encoding=encoding))

    assert status(told) in {200, 400}
    assert b'"result"' not in told


async def test_a_connection_that_goes_in_the_middle_of_a_call_is_no_bug(stack: Stack) -> None:
    before = stack.service.rows()
    body = SYNC | {"method": "chat:send", "data": {"client_message_id": new_id(), "text": "Hi"}}

    await talk(stack, call(stack, body=body)[:-10], limit=0.1)

    assert stack.service.grown_since(before) == {}


FORGED_USERS = ["", " ", "a,b", "a#b", "#", "guest-x\0", "\u202e", "a" * 10_000, "../admin", "__proto__"]


@pytest.mark.parametrize("user", FORGED_USERS, ids=lambda user: repr(user[:12]))
async def test_a_user_that_nobody_is_has_nothing(stack: Stack, user: str) -> None:
    headers = {"X-Proxy-Secret": stack.centrifugo.proxy_secret}
    for method in ("chat:conversations", "chat:sync"):
        body = json.dumps(SYNC | {"user": user, "method": method}).encode()
        code, answer = await stack.service.post("/centrifugo/rpc", body, headers)

        assert code == 200
        assert "error" in answer or answer["result"]["data"]["conversations"] == []


async def test_whoever_has_the_secret_is_centrifugo(stack: Stack) -> None:
    # No wall, but the reason for the others: the service believes who Centrifugo says is calling.
    async with stack.client() as client:
        victim = await Victim.of(client)
        body = json.dumps(SYNC | {"user": client.welcome["user"]}).encode()

        _, answer = await stack.service.post(
            "/centrifugo/rpc", body, {"X-Proxy-Secret": stack.centrifugo.proxy_secret}
        )

    assert [each["id"] for each in answer["result"]["data"]["conversations"]] == [victim.ids["conversation"]]


async def test_many_calls_with_a_wrong_secret_keep_nobody_waiting(stack: Stack) -> None:
    wrong = call(stack, X_Proxy_Secret="wrong")
    async with stack.client() as client:
        answers = asyncio.gather(*(talk(stack, wrong) for _ in range(200)))
        began = time.monotonic()
        await client.rpc("chat:sync", {})
        waited = time.monotonic() - began

        assert {status(told) for told in await answers} == {401}
    assert waited < 3
