"""The edge: who may call, what is no call, and what becomes of errors that nobody expects."""

import hmac
import logging
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer, make_mocked_request

from proxy_app.core.quotas import Limits
from proxy_app.errors import ChatError, NotAuthenticatedError, UnavailableError
from proxy_app.ports import Admission, ConnectRequest, ModelInfo
from proxy_app.proxy import protocol
from proxy_app.proxy.edge import DOOR, Door, answer_errors, guard
from proxy_app.proxy.handlers import Handlers

from .service import SECRET, Service, open_alone

ENDPOINTS = ["/centrifugo/connect", "/centrifugo/refresh", "/centrifugo/rpc"]
LEAKY = "sk-secret of /some/path"

together = pytest.mark.asyncio(loop_scope="module")


@together
@pytest.mark.parametrize("path", [*ENDPOINTS, "/centrifugo/other", "/"])
@pytest.mark.parametrize("secret", [None, "", "wrong", f"{SECRET}x", SECRET[:-1], SECRET.upper(), "é🙂"])
async def test_only_who_knows_the_secret_is_answered(service: Service, path: str, secret: str | None) -> None:
    answer = await service.post(path, {"client": "c", "user": "alice", "method": "chat:sync"}, secret=secret)

    assert (answer.status, answer.body) == (401, b"")
    assert service.centrifugo.calls == []


@together
async def test_other_paths_and_verbs_are_none(service: Service) -> None:
    headers = {"X-Proxy-Secret": SECRET}
    async with service.http.get(f"{service.url}/centrifugo/rpc", headers=headers) as answer:
        assert answer.status == 405
    async with service.http.get(f"{service.url}/docs", headers=headers) as answer:
        assert answer.status == 404


@together
async def test_health_is_open_and_tells_nothing(service: Service) -> None:
    async with service.http.get(f"{service.url}/health") as answer:
        assert (answer.status, await answer.json()) == (200, {"status": "ok"})


NO_CALLS = {
    "nothing": b"",
    "no JSON": b"{",
    "no object": b"[]",
    "a number": b"1",
    "nobody": b'{"method":"chat:sync"}',
    "an empty user": b'{"user":"","method":"chat:sync"}',
    "a user that is no text": b'{"user":7,"method":"chat:sync"}',
    "a method that is no text": b'{"user":"u","method":null}',
    "not UTF-8": b'{"user":"\xff","method":"chat:sync"}',
    "NaN": b'{"user":"u","method":"chat:sync","data":{"limit":NaN}}',
    "NaN beside an escape": rb'{"user":"u","method":"chat:sync","data":{"limit":NaN,"x":"\ud800"}}',
    "depth without an end": b'{"user":"u","method":"chat:sync","data":' + b"[" * 50_000,
    "depth": b'{"user":"u","method":"chat:sync","data":' + b"[" * 50_000 + b"]" * 50_000 + b"}",
    "depth beside an escape": rb'{"x":"\ud800","user":"u","method":"c","data":'
    + b"[" * 9999
    + b"]" * 9999
    + b"}",
}


@together
@pytest.mark.parametrize("body", NO_CALLS.values(), ids=NO_CALLS)
async def test_what_is_no_call_is_an_error_and_the_service_goes_on(service: Service, body: bytes) -> None:
    answer = await service.post("/centrifugo/rpc", body)

    assert answer.status == 200
    assert answer.json["error"]["code"] == 1400
    assert answer.json["error"]["temporary"] is False
    assert await service.call("chat:conversations") == {"conversations": [], "next": None}


@together
async def test_a_call_that_is_too_large_is_refused_unread(service: Service) -> None:
    answer = await service.post("/centrifugo/rpc", b" " * (1_048_576 + 1))

    assert answer.status == 413


@together
async def test_surrogates_without_a_partner_become_what_can_be_stored(service: Service) -> None:
    body = rb"""{"client":"c","user":"alice","method":"chat:send","data":
        {"client_message_id":"m1","text":"a\ud83d b\ude42 \ud83d\ude42 tokens:1"}}"""
    answer = await service.post("/centrifugo/rpc", body)

    (part,) = answer.json["result"]["data"]["message"]["parts"]
    assert part["text"] == "a\ufffd b\ufffd 🙂 tokens:1"


class Broken:
    """A doorkeeper and methods that fail as they are told."""

    def __init__(self, error: Exception) -> None:
        self.error = error
        self.told: list[object] = []
        """What the doorkeeper got to see."""

    async def admit(self, request: ConnectRequest, /) -> Admission:
        self.told.append(request)
        raise self.error

    async def keep(self, user: str, headers: object, meta: object, /) -> Admission | None:
        self.told.append(headers)
        raise self.error

    async def call(self, user: str, method: str, data: object) -> object:
        raise self.error

    async def healthy(self) -> None:
        raise self.error


@pytest.fixture
async def broken() -> AsyncIterator[tuple[Broken, TestClient[web.Request, web.Application]]]:
    """Endpoints whose insides fail."""
    inside = Broken(RuntimeError(LEAKY))
    handlers = Handlers(
        doorkeeper=inside,
        rpc=inside,  # type: ignore[arg-type]  # It has the one method that is called.
        models=lambda: [ModelInfo("m", "M")],
        limits=Limits(),
        max_headers=1_000,
        healthy=inside.healthy,
    )
    app = web.Application(middlewares=[guard, answer_errors])
    app[DOOR] = Door([SECRET.encode()], patience=5)
    app.add_routes(handlers.routes())
    async with TestClient(TestServer(app), headers={"X-Proxy-Secret": SECRET}) as client:
        yield inside, client


CALL = {"user": "u", "method": "m"}


@pytest.mark.parametrize("path", ENDPOINTS)
async def test_a_bug_is_an_error_that_leaks_nothing(
    broken: tuple[Broken, TestClient[web.Request, web.Application]],
    path: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    _, client = broken
    answer = await client.post(path, json=CALL)

    assert answer.status == 200
    assert LEAKY not in await answer.text()
    error = (await answer.json())["error"]
    assert (error["code"], error["temporary"]) == (1500, True)
    # Whoever runs the service sees what it was.
    assert LEAKY in caplog.text
    assert [record.levelno for record in caplog.records] == [logging.ERROR]


async def test_a_hook_sees_every_header_but_the_secret(
    broken: tuple[Broken, TestClient[web.Request, web.Application]],
) -> None:
    inside, client = broken
    for path in ENDPOINTS[:2]:
        await client.post(path, json=CALL, headers={"Cookie": "session=1"})

    assert len(inside.told) == 2
    assert "session=1" in repr(inside.told)
    assert SECRET not in repr(inside.told)


async def test_a_visitor_whose_headers_are_too_large_stays_out_and_nobody_is_asked(
    broken: tuple[Broken, TestClient[web.Request, web.Application]],
) -> None:
    inside, client = broken
    answer = await client.post("/centrifugo/connect", json=CALL, headers={"Cookie": "a" * 1_000})

    assert await answer.json() == {"disconnect": {"code": 4502, "reason": "headers too large: clear cookies"}}
    assert inside.told == []


async def test_who_cannot_be_known_now_comes_back(
    broken: tuple[Broken, TestClient[web.Request, web.Application]],
) -> None:
    inside, client = broken
    inside.error = UnavailableError("Try again soon.")
    connect = await client.post("/centrifugo/connect", json={})

    assert await connect.json() == {"error": {"code": 1503, "message": "Try again soon.", "temporary": True}}


async def test_a_long_reason_is_cut_to_what_a_client_accepts(
    broken: tuple[Broken, TestClient[web.Request, web.Application]],
) -> None:
    inside, client = broken
    inside.error = NotAuthenticatedError("é" + "x" * 100)
    answer = await client.post("/centrifugo/connect", json={})

    assert await answer.json() == {"disconnect": {"code": 4501, "reason": "?" + "x" * 31}}


async def test_health_is_503_when_it_cannot_serve(
    broken: tuple[Broken, TestClient[web.Request, web.Application]],
) -> None:
    inside, client = broken
    inside.error = ChatError(LEAKY)
    answer = await client.get("/health")

    assert (answer.status, await answer.json()) == (503, {"status": "unavailable"})


def test_nobody_is_let_in_as_nobody() -> None:
    with pytest.raises(ValueError, match="anybody"):
        protocol.connected("", 1, {}, {})


BOTH = {"the newer": "a-secret-of-tomorrow", "the older": "a-secret-of-yesterday"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def between_secrets(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Service]:
    """The application while its secret is being changed."""
    folder = tmp_path_factory.mktemp("between")
    async with open_alone(folder, proxy_secret=" , ".join(BOTH.values()), request_timeout=0.3) as service:
        yield service


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("secret", BOTH.values(), ids=BOTH)
async def test_both_secrets_are_valid_while_they_are_changed(between_secrets: Service, secret: str) -> None:
    answer = await between_secrets.post("/centrifugo/connect", {"client": "c"}, secret=secret)

    assert answer.json["result"]["user"]


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    "secret",
    [
        " , ".join(BOTH.values()),
        ",".join(BOTH.values()),
        ",",
        "",
        "a-secret-of-tomorro",
        "A-Secret-Of-Yesterday",
    ],
)
async def test_nothing_made_of_both_secrets_is_one(between_secrets: Service, secret: str) -> None:
    assert (await between_secrets.post("/centrifugo/connect", {}, secret=secret)).status == 401


@pytest.mark.parametrize("right", [0, 1, None])
def test_every_secret_is_compared_whichever_is_right(
    right: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets = [b"one", b"two"]
    compared = []

    def compare(offered: bytes, secret: bytes) -> bool:
        compared.append(secret)
        return offered == secret

    monkeypatch.setattr(hmac, "compare_digest", compare)
    offered = secrets[right].decode() if right is not None else "three"

    known = Door(secrets, 1).is_known(make_mocked_request("GET", "/", {"X-Proxy-Secret": offered}))

    assert known is (right is not None)
    assert compared == secrets
