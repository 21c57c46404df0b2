"""The hook that asks an application: what it is asked, and what its answers mean."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from multidict import CIMultiDict

from tests.fakes.centrifugo_api import FakeCentrifugo
from tests.fakes.openai_server import FakeOpenAI

from .service import Json, Service, open_service

WITH_COOKIE = {"Cookie": "session=1", "X-Forwarded-For": "192.0.2.1"}


@dataclass(slots=True)
class Application:
    """An application that answers as it is told."""

    url: str = ""
    answer: Any = None
    asked: list[CIMultiDict[str]] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer who is connecting."""
        self.asked.append(CIMultiDict(request.headers))
        if self.answer == "hang":
            await asyncio.Event().wait()
        answer: web.StreamResponse = self.answer() if self.answer else web.json_response({"user": "ada"})
        return answer


@asynccontextmanager
async def opened(tmp_path: Any, **changes: object) -> AsyncIterator[tuple[Application, Service]]:
    """Start an application, and the service that asks it."""
    application = Application()
    app = web.Application()
    app.router.add_get("/{tail:.*}", application.handle)
    async with TestServer(app, host="localhost") as server, FakeOpenAI() as openai, FakeCentrifugo() as node:
        application.url = str(server.make_url("/whoami"))
        told = {"auth": "forward", "auth_forward_url": application.url, "auth_timeout": 0.3, **changes}
        async with open_service(tmp_path, openai, node, **told) as service:
            yield application, service
        # Whoever hangs hangs no longer than the service.
        application.answer = None


async def refresh(service: Service, user: str, meta: object, headers: Any = WITH_COOKIE) -> Json:
    body = {"client": "c", "user": user, "meta": meta}
    return (await service.post("/centrifugo/refresh", body, headers=headers)).json


async def test_the_application_says_who_it_is(tmp_path: Any) -> None:
    async with opened(tmp_path) as (application, service):
        application.answer = lambda: web.json_response(
            {"user": "ada", "name": "Ada", "limits": {"runs": 2}, "expires_in": 60}
        )
        result = (await service.connect({}, WITH_COOKIE))["result"]
        kept = await refresh(service, "ada", result["meta"])

    assert result["user"] == "ada"
    assert (result["data"]["name"], result["data"]["limits"]["runs"]) == ("Ada", 2)
    assert result["meta"]["limits"] == {"runs": 2}
    assert kept["result"]["meta"]["limits"] == {"runs": 2}
    (connecting, refreshing) = application.asked
    for asked in (connecting, refreshing):
        # What was not chosen stays here, above all what Centrifugo proves itself by.
        assert asked["Cookie"] == "session=1"
        assert not {"X-Forwarded-For", "X-Proxy-Secret", "Authorization"} & set(asked)


async def test_headers_are_chosen_by_a_setting(tmp_path: Any) -> None:
    chosen = ("Authorization", "X-Forwarded-For")
    async with opened(tmp_path, auth_forward_headers=chosen) as (application, service):
        await service.connect({}, {**WITH_COOKIE, "Authorization": "Bearer a"})

    (asked,) = application.asked
    assert (asked["Authorization"], asked["X-Forwarded-For"]) == ("Bearer a", "192.0.2.1")
    assert "Cookie" not in asked


async def test_headers_of_the_answer_can_say_who_it_is(tmp_path: Any) -> None:
    names = {"auth_forward_user_header": "Remote-User", "auth_forward_name_header": "Remote-Name"}
    async with opened(tmp_path, **names) as (application, service):
        application.answer = lambda: web.Response(
            status=202, headers={"remote-user": "ada@b.example", "remote-name": "Ada"}
        )
        result = (await service.connect({}, WITH_COOKIE))["result"]
        application.answer = lambda: web.json_response({"user": "eve"})
        missing = await service.connect({}, {"Cookie": "session=2"})

    assert (result["user"], result["data"]["name"]) == ("ada@b.example", "Ada")
    assert missing["error"]["code"] == 1503


@pytest.mark.parametrize("status", [401, 403])
async def test_a_refusal_is_for_good_and_not_remembered(tmp_path: Any, status: int) -> None:
    async with opened(tmp_path) as (application, service):
        application.answer = lambda: web.json_response({"user": "ada"}, status=status)
        refused = await service.connect({}, WITH_COOKIE)
        ended = await refresh(service, "ada", {})
        application.answer = None
        let_in = await service.connect({}, WITH_COOKIE)

    assert refused == {"disconnect": {"code": 4501, "reason": "unauthorized"}}
    # An error or a disconnect would be ignored here.
    assert ended == {"result": {"expired": True}}
    assert let_in["result"]["user"] == "ada"


async def test_an_application_may_find_the_headers_too_large(tmp_path: Any) -> None:
    async with opened(tmp_path) as (application, service):
        application.answer = lambda: web.Response(status=431)
        refused = await service.connect({}, WITH_COOKIE)
        ended = await refresh(service, "ada", {})

    assert refused == {"disconnect": {"code": 4502, "reason": "headers too large: clear cookies"}}
    assert ended == {"result": {"expired": True}}


IN_DOUBT: dict[str, Any] = {
    "a hang": "hang",
    "an error": lambda: web.Response(status=500),
    "not there": lambda: web.Response(status=404),
    "no content": lambda: web.Response(status=204),
    "a redirect to a login": lambda: web.Response(status=302, headers={"Location": "/login"}),
    "a redirect elsewhere": lambda: web.Response(
        status=307, headers={"Location": "http://169.254.169.254/latest/meta-data"}
    ),
    "HTML": lambda: web.Response(text="<h1>Login</h1>", content_type="text/html"),
    "nothing": lambda: web.Response(),
    "null": lambda: web.json_response(None),
    "a list": lambda: web.json_response(["ada"]),
    "nobody": lambda: web.json_response({"user": ""}),
    "no user": lambda: web.json_response({"name": "Ada"}),
    "a number": lambda: web.json_response({"user": 7}),
    "null for a user": lambda: web.json_response({"user": None}),
    "an end that is over": lambda: web.json_response({"user": "ada", "expires_in": 0}),
    "an end that is none": lambda: web.json_response({"user": "ada", "expires_in": "soon"}),
    "too much": lambda: web.json_response({"user": "ada", "more": "x" * 70_000}),
    "without an end": lambda: web.Response(body=b"[" * 60_000),
    "no UTF-8": lambda: web.Response(body=b'{"user":"\xff"}'),
}


@pytest.mark.parametrize("answer", IN_DOUBT.values(), ids=IN_DOUBT)
async def test_an_application_that_is_ill_lets_nobody_in_and_sends_nobody_away(
    tmp_path: Any, answer: Any
) -> None:
    async with opened(tmp_path) as (application, service):
        application.answer = answer
        asked = len(application.asked)
        reply = await service.connect({}, {"Cookie": "session=2"})
        kept = await refresh(service, "ada", {})

    # Never anybody, and never for good.
    assert reply["error"]["code"] == 1503
    assert reply["error"]["temporary"] is True
    assert "result" not in reply
    assert kept["result"]["meta"]["session"]["since"] > 0
    # No redirect is followed.
    assert len(application.asked) == asked + 2


async def test_an_application_that_is_away_is_in_doubt(tmp_path: Any) -> None:
    async with opened(tmp_path, auth_forward_url="http://127.0.0.1:1/whoami") as (_, service):
        reply = await service.connect({}, WITH_COOKIE)

    assert reply["error"]["code"] == 1503


async def test_the_same_cookie_is_not_asked_for_twice_and_another_is(tmp_path: Any) -> None:
    async with opened(tmp_path) as (application, service):
        for session in ("1", "1", "2", "1"):
            await service.connect({}, {"Cookie": f"session={session}"})
        assert len(application.asked) == 2
        # Who brings nothing is not taken for others who bring nothing.
        for _ in range(2):
            await service.connect({}, {"X-Forwarded-For": "192.0.2.1"})
        assert len(application.asked) == 4


async def test_nothing_is_remembered_where_the_settings_say_so(tmp_path: Any) -> None:
    async with opened(tmp_path, auth_forward_cache=0.0) as (application, service):
        for _ in range(3):
            await service.connect({}, WITH_COOKIE)

    assert len(application.asked) == 3


async def test_nobody_gets_another_ones_cookies(tmp_path: Any) -> None:
    async with opened(tmp_path) as (application, service):
        application.answer = lambda: web.json_response(
            {"user": "ada"}, headers={"Set-Cookie": "session=of-ada; Path=/"}
        )
        await service.connect({}, {"Cookie": "session=1"})
        await service.connect({}, {"Cookie": "session=2"})
        await service.connect({}, {})

    assert [asked.getall("Cookie", []) for asked in application.asked] == [["session=1"], ["session=2"], []]


@pytest.mark.parametrize("cookie", ["session=é", "x" * 7000, "a=b; " * 1000, "session=1\tX: y"], ids=ascii)
async def test_cookies_that_are_none_are_no_trouble(tmp_path: Any, cookie: str) -> None:
    async with opened(tmp_path) as (application, service):
        application.answer = lambda: web.Response(status=401)
        answer = await service.post("/centrifugo/connect", {"client": "c"}, headers={"Cookie": cookie})

    if answer.status == 200:
        assert answer.json.keys() & {"disconnect", "error"}
    else:
        assert answer.status == 400
    assert all("X" not in asked for asked in application.asked)
