"""Only Centrifugo may call the service: without the shared secret nobody is heard."""

import json
from typing import Any

import pytest

from tests.client import new_id
from tests.stack import Stack

pytestmark = pytest.mark.asyncio(loop_scope="session")

COMMON = {"client": "c", "transport": "websocket", "protocol": "json", "encoding": "json"}
BODIES: dict[str, dict[str, Any]] = {
    "connect": {**COMMON, "data": {"v": 1}},
    "refresh": {**COMMON, "user": "somebody"},
    "rpc": {
        **COMMON,
        "user": "somebody",
        "method": "chat:send",
        "data": {"client_message_id": "a", "text": "Hi"},
    },
}


@pytest.mark.parametrize("path", BODIES)
@pytest.mark.parametrize("secret", ["none", "empty", "wrong", "cut", "longer", "twice", "not ASCII"])
async def test_a_call_without_the_secret_is_401_and_stores_nothing(
    stack: Stack, path: str, secret: str
) -> None:
    right = stack.centrifugo.proxy_secret
    headers = {
        "none": {},
        "empty": {"X-Proxy-Secret": ""},
        "wrong": {"X-Proxy-Secret": "wrong"},
        "cut": {"X-Proxy-Secret": right[:-1]},
        "longer": {"X-Proxy-Secret": right + "a"},
        "twice": {"X-Proxy-Secret": f"{right}, {right}"},
        "not ASCII": {"X-Proxy-Secret": "geheim\u00fc"},
    }[secret]
    before = stack.service.rows()

    status, body = await stack.service.post(f"/centrifugo/{path}", json.dumps(BODIES[path]).encode(), headers)

    assert status == 401
    assert right not in str(body)
    assert stack.service.grown_since(before) == {}


MALFORMED = {
    "empty": b"",
    "cut": b"{",
    "null": b"null",
    "list": b"[]",
    "string": b'"text"',
    "no UTF-8": b"\xff\xfe",
    "user missing": b'{"method": "chat:sync"}',
    "user of a wrong type": b'{"user": 1, "method": "chat:sync"}',
}


@pytest.mark.parametrize(
    ("path", "name"),
    # A connect call has no user yet.
    [(path, name) for path in BODIES for name in MALFORMED if path != "connect" or "user" not in name],
)
async def test_a_malformed_call_is_refused_and_stores_nothing(stack: Stack, path: str, name: str) -> None:
    before = stack.service.rows()
    headers = {"X-Proxy-Secret": stack.centrifugo.proxy_secret, "Content-Type": "application/json"}

    status, answer = await stack.service.post(f"/centrifugo/{path}", MALFORMED[name], headers)

    assert status in {200, 400}
    if status == 200:
        assert "result" not in answer, "an empty result would let anybody in"
        assert answer.keys() & {"error", "disconnect"}
    assert stack.service.grown_since(before) == {}


async def test_a_call_above_the_limit_is_refused(stack: Stack) -> None:
    body = BODIES["rpc"] | {"data": {"client_message_id": new_id(), "text": "a" * 2_000_000}}
    headers = {"X-Proxy-Secret": stack.centrifugo.proxy_secret, "Content-Type": "application/json"}
    before = stack.service.rows()

    status, answer = await stack.service.post("/centrifugo/rpc", json.dumps(body).encode(), headers)

    assert status == 413 or answer["error"]["code"] == 1413
    assert stack.service.grown_since(before) == {}


@pytest.mark.parametrize("path", ["/", "/centrifugo/subscribe", "/centrifugo/publish", "/api", "/metrics"])
async def test_there_is_no_public_api(stack: Stack, path: str) -> None:
    status, _ = await stack.service.post(path, b"{}", {})

    assert status in {401, 404, 405}
