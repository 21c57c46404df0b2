"""The last check before the address is printed: every way in which the whole can be broken is told."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.pytest_plugin import AiohttpServer

from proxy_app.launcher.errors import StartError
from proxy_app.launcher.places import unused_port
from proxy_app.launcher.roundtrip import answers, check_round_trip

Answer = Callable[[web.WebSocketResponse, dict[str, Any]], Awaitable[object]]
Check = Callable[..., Awaitable[None]]


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as http:
        yield http


@pytest.fixture
def check(aiohttp_server: AiohttpServer, http: aiohttp.ClientSession) -> Check:
    """Make the check against a Centrifugo that answers each command in the given way."""

    async def check(answer: Answer, *, as_guest: bool = True) -> None:
        async def accept(request: web.Request) -> web.WebSocketResponse:
            assert request.headers["Origin"] == "http://localhost:9000"
            socket = web.WebSocketResponse()
            await socket.prepare(request)
            async for message in socket:
                await answer(socket, json.loads(message.data))
            return socket

        app = web.Application()
        app.router.add_get("/connection/websocket", accept)
        url = (await aiohttp_server(app)).make_url("/connection/websocket")
        origin = "http://localhost:9000"
        await check_round_trip(http, str(url), origin=origin, timeout=0.5, as_guest=as_guest)

    return check


async def well(socket: web.WebSocketResponse, command: dict[str, Any]) -> None:
    await socket.send_str('{"push":{}}\n' + json.dumps({"id": command["id"], "rpc": {"data": {}}}))


async def test_a_whole_that_works(check: Check) -> None:
    asked: list[dict[str, Any]] = []

    async def answer(socket: web.WebSocketResponse, command: dict[str, Any]) -> None:
        asked.append(command)
        await well(socket, command)

    await check(answer)

    assert [sorted(command) for command in asked] == [["connect", "id"], ["id", "rpc"]]
    assert asked[1]["rpc"]["method"] == "chat:conversations"


async def test_a_service_that_refuses(check: Check) -> None:
    async def answer(socket: web.WebSocketResponse, command: dict[str, Any]) -> None:
        if "connect" in command:
            await well(socket, command)
        else:
            error = {"code": 100, "message": "internal server error"}
            await socket.send_json({"id": command["id"], "error": error})

    with pytest.raises(StartError, match=r"The check of the whole way failed: .*internal server error"):
        await check(answer)


async def test_a_centrifugo_that_closes(check: Check) -> None:
    async def answer(socket: web.WebSocketResponse, command: dict[str, Any]) -> None:
        await socket.close(code=3501)

    with pytest.raises(StartError, match=r"closed the connection \(3501\)"):
        await check(answer)


async def test_a_login_that_knows_nobody_or_is_not_there_yet_is_well(check: Check) -> None:
    async def refuse(socket: web.WebSocketResponse, command: dict[str, Any]) -> None:
        await socket.close(code=4501)

    async def doubt(socket: web.WebSocketResponse, command: dict[str, Any]) -> None:
        error = {"code": 1503, "message": "Try again soon.", "temporary": True}
        await socket.send_json({"id": command["id"], "error": error})

    for answer in (refuse, doubt):
        await check(answer, as_guest=False)
        with pytest.raises(StartError):
            await check(answer)


async def test_a_centrifugo_that_is_silent(check: Check) -> None:
    async def answer(socket: web.WebSocketResponse, command: dict[str, Any]) -> None:
        return

    with pytest.raises(StartError, match="no answer came"):
        await check(answer)


async def test_something_that_is_no_centrifugo(check: Check) -> None:
    async def answer(socket: web.WebSocketResponse, command: dict[str, Any]) -> None:
        await socket.send_str("hello")

    with pytest.raises(StartError, match="The check of the whole way failed"):
        await check(answer)


async def test_nothing_at_all(http: aiohttp.ClientSession) -> None:
    url = f"http://127.0.0.1:{unused_port()}/connection/websocket"
    with pytest.raises(StartError, match="The check of the whole way failed"):
        await check_round_trip(http, url, origin="http://localhost:9000", timeout=0.5)
    assert not await answers(http, url)()


@pytest.mark.parametrize(("status", "is_well"), [(200, True), (503, False), (404, False)])
async def test_only_200_is_well(
    aiohttp_server: AiohttpServer, http: aiohttp.ClientSession, status: int, is_well: bool
) -> None:
    async def health(request: web.Request) -> web.Response:
        return web.Response(status=status)

    app = web.Application()
    app.router.add_get("/health", health)
    url = (await aiohttp_server(app)).make_url("/health")

    assert await answers(http, str(url))() is is_well
