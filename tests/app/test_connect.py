"""The connect proxy: who is let in, and what they are told."""

import time
from pathlib import Path

import pytest

from proxy_app import __version__
from tests.fakes.centrifugo_api import FakeCentrifugo
from tests.fakes.openai_server import FakeOpenAI

from .forms import form, reply_form
from .service import Service, open_alone, open_service

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_guest_is_let_in_and_told_what_a_page_needs(service: Service) -> None:
    reply = await service.connect({"v": 1})

    assert reply.keys() == {"result"}
    result = reply["result"]
    # Without a user the caller would be anybody; without an end nobody would ever be asked again.
    assert result.keys() == {"user", "expire_at", "data", "meta"}
    assert result["user"].startswith("guest-")
    assert time.time() + 60 < result["expire_at"] < time.time() + 86_400
    data = result["data"]
    assert data["user"] == result["user"]
    assert data["channel"] == f"chat:#{result['user']}"
    assert data["models"] == [{"id": "fake-model", "name": "fake-model", "default": True}]
    assert (data["limits"]["prompt"], data["limits"]["runs"]) == (32_000, 16)
    assert data["server"] == {"name": "onesocket", "version": __version__}
    example = reply_form("connect")
    assert isinstance(example, dict)
    example["models"][0].pop("demo")
    example["limits"] = {name: example["limits"][name] for name in data["limits"]}
    assert form(data) == example


async def test_all_limits_that_there_are_are_told(tmp_path: Path) -> None:
    set_here = {"prompts_per_day": 500, "tokens_per_day": 1_000_000, "calls_per_second": 20}
    async with open_alone(tmp_path, **set_here) as service:
        told = (await service.connect())["result"]["data"]["limits"]

    example = reply_form("connect")
    assert isinstance(example, dict)
    assert form(told) == example["limits"]
    assert told["prompts_per_minute"] == 60
    assert told | set_here == told


async def test_the_models_of_the_settings_are_offered_and_a_demo_is_called_one(tmp_path: Path) -> None:
    changes = {"OPENAI_MODEL": "a,b", "model_name": "Nice name", "model_demo": True}
    async with open_alone(tmp_path, **changes) as service:
        reply = await service.connect()

    assert reply["result"]["data"]["models"] == [
        {"id": "a", "name": "Nice name", "default": True, "demo": True},
        {"id": "b", "name": "b", "demo": True},
    ]


async def test_who_brings_a_token_is_the_same_guest(service: Service) -> None:
    first = (await service.connect())["result"]
    again = (await service.connect({"v": 1, "token": first["data"]["token"]}))["result"]
    third = (await service.connect({"token": again["data"]["token"], "new": ["field"]}))["result"]

    assert first["user"] == again["user"] == third["user"]


async def test_a_restart_knows_its_guests(tmp_path: Path) -> None:
    async with FakeOpenAI() as openai, FakeCentrifugo() as centrifugo:
        async with open_service(tmp_path, openai, centrifugo) as service:
            first = (await service.connect())["result"]
        async with open_service(tmp_path, openai, centrifugo) as service:
            again = (await service.connect({"token": first["data"]["token"]}))["result"]
        async with open_service(tmp_path, openai, centrifugo, guest_secret="another") as service:
            refused = await service.connect({"token": first["data"]["token"]})

    assert again["user"] == first["user"]
    assert refused == {"disconnect": {"code": 4501, "reason": "unauthorized"}}


@pytest.mark.parametrize("data", [None, {}, {"token": None}, [], "text", 7], ids=str)
async def test_who_brings_nothing_is_a_new_guest(service: Service, data: object) -> None:
    one, other = await service.connect(data), await service.connect(data)

    assert one["result"]["user"] != other["result"]["user"]


@pytest.mark.parametrize("token", ["forged", "a.b.c", "", 7, {"sub": "guest-1"}, "x" * 5000, "é🙂"])
async def test_a_forged_token_ends_the_connection_for_good(service: Service, token: object) -> None:
    reply = await service.connect({"token": token})

    assert reply == {"disconnect": {"code": 4501, "reason": "unauthorized"}}
    # Clients come back for ever after any other code or a longer reason.
    assert len(reply["disconnect"]["reason"].encode("ascii")) <= 32


async def test_a_forged_token_of_no_characters_ends_the_connection_for_good(service: Service) -> None:
    answer = await service.post("/centrifugo/connect", rb'{"client":"c1","data":{"token":"\ud800.a.b"}}')

    assert answer.json == {"disconnect": {"code": 4501, "reason": "unauthorized"}}


async def test_what_centrifugo_adds_one_day_is_none_of_our_business(service: Service) -> None:
    answer = await service.post("/centrifugo/connect", {"client": "c", "new": {"field": [1]}, "data": {}})

    assert answer.json.keys() == {"result"}


async def test_refresh_keeps_guests_and_ends_others(service: Service) -> None:
    user = (await service.connect())["result"]["user"]
    kept = await service.post("/centrifugo/refresh", {"client": "c", "user": user, "meta": {}})
    ended = await service.post("/centrifugo/refresh", {"client": "c", "user": "somebody"})
    nobody = await service.post("/centrifugo/refresh", {"client": "c", "user": ""})

    assert kept.json.keys() == {"result"}
    assert kept.json["result"].keys() == {"expire_at", "meta"}
    assert kept.json["result"]["expire_at"] > time.time() + 60
    # An error or a disconnect would be ignored here.
    assert ended.json == nobody.json == {"result": {"expired": True}}
