"""What a client can say while it connects: headers, cookies, users, subscriptions, times."""

import json
from collections.abc import AsyncIterator
from typing import Any

import jwt
import pytest
import pytest_asyncio
import websockets

from tests.client import RawConnection
from tests.stack import Stack
from tests.stack.cluster import Cluster

from .hostile import Victim, still_serves

pytestmark = pytest.mark.asyncio(loop_scope="session")

Json = dict[str, Any]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def victim(running_stack: Stack) -> AsyncIterator[Victim]:
    """Somebody to be taken for."""
    async with running_stack.client() as client:
        yield await Victim.of(client)


HEADERS: dict[str, Json] = {
    "a secret": {"X-Proxy-Secret": "guessed"},
    "a secret in small letters": {"x-proxy-secret": "guessed"},
    "no secret": {"X-Proxy-Secret": ""},
    "a cookie": {"Cookie": "session=admin; token={token}"},
    "a token": {"Authorization": "Bearer {token}"},
    "a token in small letters": {"authorization": "bearer {token}"},
    "a basic name": {"Authorization": "Basic YWRtaW46YWRtaW4="},
    "a user": {"X-User": "{user}", "X-Remote-User": "{user}", "X-Forwarded-User": "{user}"},
    "an address": {"X-Forwarded-For": "127.0.0.1", "X-Real-IP": "127.0.0.1"},
    "a host": {"Host": "admin.example", "X-Forwarded-Host": "admin.example"},
    "a length": {"Content-Length": "0", "Transfer-Encoding": "chunked"},
    "a line end in a value": {"Authorization": "x\r\nX-Proxy-Secret: guessed"},
    "a line end in a name": {"Authorization\r\nX-Proxy-Secret": "guessed"},
    "two requests in a value": {"Authorization": "x\r\n\r\nPOST /centrifugo/rpc HTTP/1.1\r\n\r\n"},
    "NUL in a value": {"Authorization": "x\0y"},
    "a very long value": {"Authorization": "a" * 60_000},
    "very many": {f"X-{number}": "a" for number in range(1_000)},
    "an empty name": {"": "a"},
    "names that are inherited": {"__proto__": "a", "constructor": "b"},
}


def filled(value: Any, victim: Victim) -> Any:
    """Fill the victim's names into a JSON value."""
    names = {"{user}": victim.client.welcome["user"], "{token}": victim.client.token or ""}
    text = json.dumps(value)
    for name, told in names.items():
        text = text.replace(name, told)
    return json.loads(text)


async def connected(raw: RawConnection, fields: Json) -> Json:
    """Connect with these fields; return the reply, or nothing where the connection was ended instead."""
    await raw.frame(json.dumps({"id": 1, "connect": fields}))
    await raw.until(lambda: 1 in raw.replies or raw.close_code)
    return raw.replies.pop(1, {})


@pytest.mark.parametrize("name", HEADERS)
async def test_headers_that_a_client_makes_up_change_nothing(stack: Stack, victim: Victim, name: str) -> None:
    headers = filled(HEADERS[name], victim)
    async with RawConnection.open(stack.url, connect=False) as raw:
        reply = await connected(raw, {"data": {"v": 1}, "headers": headers})

    if "connect" in reply:
        assert reply["connect"]["data"]["user"] != victim.client.welcome["user"]
    assert stack.centrifugo.proxy_secret not in json.dumps(reply)
    await still_serves(stack)


@pytest.mark.parametrize(
    "headers",
    [
        {"Cookie": "token={token}; user={user}; session={token}"},
        {"Authorization": "Bearer {token}"},
        {"X-Proxy-Secret": "guessed"},
        {"X-Forwarded-For": "127.0.0.1", "Forwarded": "for=127.0.0.1"},
        {"Cookie": "a" * 30_000},
        {"Cookie": "token=\u00fc"},
    ],
    ids=["cookie", "token", "secret", "address", "long cookie", "cookie that is not ASCII"],
)
async def test_headers_of_the_handshake_change_nothing(stack: Stack, victim: Victim, headers: Json) -> None:
    async with RawConnection.open(stack.url, connect=False, headers=filled(headers, victim)) as raw:
        reply = await connected(raw, {"data": {"v": 1}})

    assert reply["connect"]["data"]["user"] not in {"", victim.client.welcome["user"]}


@pytest.mark.parametrize("size", [33_000, 100_000, 250_000])
async def test_cookies_that_are_too_much_are_refused_for_good(stack: Stack, size: int) -> None:
    async with RawConnection.open(stack.url, connect=False, headers={"Cookie": "a" * size}) as raw:
        await raw.frame('{"id":1,"connect":{"data":{"v":1}}}')

        assert await raw.closed() == (4502, "headers too large: clear cookies")
    await still_serves(stack)


async def test_cookies_beyond_every_measure_keep_only_their_sender_out(stack: Stack) -> None:
    async with RawConnection.open(stack.url, connect=False, headers={"Cookie": "a" * 500_000}) as raw:
        reply = await connected(raw, {"data": {"v": 1}})

    # Centrifugo takes it, the service does not read so much, and the client may try again without.
    assert reply["error"]["temporary"] is True
    await still_serves(stack)


DATA: dict[str, Json] = {
    "a user": {"user": "{user}", "sub": "{user}", "id": "{user}"},
    "a channel": {"channel": "chat:#{user}", "channels": ["chat:#{user}"], "subs": {"chat:#{user}": {}}},
    "headers": {"headers": {"X-Proxy-Secret": "guessed", "Cookie": "token={token}"}},
    "an answer": {"result": {"user": "{user}", "data": {}}, "disconnect": None},
    "rights": {
        "meta": {"limits": {"prompt": 10**9}},
        "limits": {"prompt": 10**9},
        "caps": [{"channels": ["*"]}],
    },
    "a time": {"expire_at": 4_000_000_000, "exp": 4_000_000_000},
    "inherited names": {"__proto__": {"user": "{user}"}, "constructor": {"prototype": {"user": "{user}"}}},
    "a name": {"name": "<script>alert(1)</script>\u202e\x1b[31m"},
    "depth": {"a": json.loads("[" * 400 + "]" * 400)},
    "width": {f"field{number}": number for number in range(5_000)},
    "a long text": {"text": "a" * 200_000},
}


@pytest.mark.parametrize("name", DATA)
async def test_data_that_a_client_makes_up_makes_nobody_else_of_it(
    stack: Stack, victim: Victim, name: str
) -> None:
    async with RawConnection.open(stack.url, {"v": 1, **filled(DATA[name], victim)}) as raw:
        assert raw.welcome["user"] != victim.client.welcome["user"]
        assert raw.welcome["channel"] == f"chat:#{raw.welcome['user']}"
        assert raw.welcome["limits"] == victim.client.welcome["limits"]
        assert (await raw.subscribe(victim.client.welcome["channel"]))["error"]["code"] == 103


@pytest.mark.parametrize(
    "key", ["", "a guessed key of thirty-two bytes", "the proxy secret", "the API's key"]
)
async def test_a_connection_token_of_centrifugos_own_kind_is_not_believed(
    stack: Stack, victim: Victim, key: str
) -> None:
    real = {"the proxy secret": stack.centrifugo.proxy_secret, "the API's key": stack.centrifugo.api_key}
    claims = {"sub": victim.client.welcome["user"], "exp": 4_000_000_000}
    token = jwt.encode(claims, real.get(key, key), algorithm="HS256" if key else "none")
    async with RawConnection.open(stack.url, connect=False) as raw:
        reply = await connected(raw, {"data": {"v": 1}, "token": token})

    if "connect" in reply:
        assert reply["connect"]["data"]["user"] != victim.client.welcome["user"]
    else:
        assert raw.close_code or reply["error"]


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://127.0.0.1", "file://", "{page}.evil.example"]
)
async def test_a_page_from_elsewhere_gets_no_connection(stack: Stack, origin: str) -> None:
    headers = {"Origin": origin.format(page=stack.page_url)}
    with pytest.raises(websockets.InvalidStatus, match="403"):
        async with RawConnection.open(stack.url, headers=headers):
            raise AssertionError("it was let in")


@pytest.mark.parametrize(
    ("size", "reason"),
    [(30_000, None), (40_000, "headers too large: clear cookies")],
    ids=["long", "too long"],
)
async def test_long_cookies_pass_the_balancers_on_both_sides(
    cluster: Cluster, size: int, reason: str | None
) -> None:
    for _ in cluster.services:
        async with RawConnection.open(cluster.url, connect=False, headers={"Cookie": "a" * size}) as raw:
            await raw.frame('{"id":1,"connect":{"data":{"v":1}}}')
            await raw.until(lambda: 1 in raw.replies or raw.close_code)
            if reason is None:
                assert "connect" in raw.replies[1]
            else:
                assert await raw.closed() == (4502, reason)


async def test_cookies_that_the_balancer_does_not_pass_are_its_own_refusal(cluster: Cluster) -> None:
    with pytest.raises(websockets.InvalidStatus, match="400"):
        async with RawConnection.open(cluster.url, headers={"Cookie": "a" * 80_000}):
            raise AssertionError("it was let in")
