"""RPCs that are none, and requests that are not what they should be: 1400 and a sentence, each."""

from typing import Any

import pytest

from .service import Service

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOBODYS = "0190a000-0000-7000-8000-00000000000c"


@pytest.mark.parametrize("method", ["chat:regenerates", "chat:", "chat", "", "CHAT:SYNC", "chat:sync:x", "é"])
async def test_unknown_methods(service: Service, method: str) -> None:
    error = await service.refused(method)

    assert error == {"code": 1400, "message": "There is no such method.", "temporary": False}


@pytest.mark.parametrize("data", [[], "text", 7, True, 1.5], ids=str)
async def test_requests_are_objects(service: Service, data: object) -> None:
    error = await service.refused("chat:sync", data)

    assert error["message"] == "The request has to be an object."


async def test_absent_data_is_an_empty_object(service: Service) -> None:
    answer = await service.post("/centrifugo/rpc", {"user": service.user, "method": "chat:conversations"})

    assert answer.json == {"result": {"data": {"conversations": [], "next": None}}}
    assert (await service.refused("chat:run", None))["message"] == "The request lacks run."


SEND: dict[str, object] = {"client_message_id": "m", "text": "Hi"}
AGAIN: dict[str, object] = {"client_message_id": "m", "message": "m"}
WRONG: list[tuple[str, Any, str]] = [
    ("chat:sync", {"conversation": 7}, "conversation"),
    ("chat:sync", {"conversation": ["c"]}, "conversation"),
    ("chat:sync", {"limit": "5"}, "limit"),
    ("chat:sync", {"limit": 1.5}, "limit"),
    ("chat:sync", {"limit": True}, "limit"),
    ("chat:sync", {"conversation": "x" * 257}, "conversation"),
    ("chat:send", {"text": "Hi"}, "client_message_id"),
    ("chat:send", {"client_message_id": "m"}, "text"),
    ("chat:send", SEND | {"text": None}, "text"),
    ("chat:send", SEND | {"text": 7}, "text"),
    ("chat:send", SEND | {"text": {"text": "Hi"}}, "text"),
    ("chat:send", SEND | {"client_message_id": ""}, "client_message_id"),
    ("chat:send", SEND | {"client_message_id": "x" * 65}, "client_message_id"),
    ("chat:send", SEND | {"client_message_id": "a b"}, "client_message_id"),
    ("chat:send", SEND | {"client_message_id": "m\n"}, "client_message_id"),
    ("chat:send", SEND | {"client_message_id": "é"}, "client_message_id"),
    ("chat:send", SEND | {"client_message_id": None}, "client_message_id"),
    ("chat:send", SEND | {"if_busy": "wait"}, "if_busy"),
    ("chat:send", SEND | {"if_busy": 1}, "if_busy"),
    ("chat:send", SEND | {"model": 7}, "model"),
    ("chat:send", SEND | {"parent": 7}, "parent"),
    ("chat:send", SEND | {"conversation": {}}, "conversation"),
    ("chat:regenerate", {"message": "m"}, "client_message_id"),
    ("chat:regenerate", {"client_message_id": "m"}, "message"),
    ("chat:regenerate", AGAIN | {"message": 7}, "message"),
    ("chat:regenerate", AGAIN | {"message": "x" * 257}, "message"),
    ("chat:regenerate", AGAIN | {"client_message_id": "a b"}, "client_message_id"),
    ("chat:regenerate", AGAIN | {"model": 7}, "model"),
    ("chat:regenerate", AGAIN | {"if_busy": "wait"}, "if_busy"),
    ("chat:continue", {"message": "m"}, "client_message_id"),
    ("chat:continue", {"client_message_id": "m"}, "message"),
    ("chat:continue", AGAIN | {"message": ["m"]}, "message"),
    ("chat:continue", AGAIN | {"client_message_id": ""}, "client_message_id"),
    ("chat:continue", AGAIN | {"if_busy": True}, "if_busy"),
    ("chat:stop", {"run": 7}, "run"),
    ("chat:stop", {"client_message_id": "a b"}, "client_message_id"),
    ("chat:run", {}, "run"),
    ("chat:run", {"run": None}, "run"),
    ("chat:run", {"run": "r", "mismatch": "yes"}, "mismatch"),
    ("chat:conversations", {"cursor": 7}, "cursor"),
    ("chat:conversations", {"query": 7}, "query"),
    ("chat:conversations", {"query": "x" * 257}, "query"),
    ("chat:conversation", {}, "conversation"),
    ("chat:conversation", {"conversation": "c", "before": 7}, "before"),
    ("chat:rename", {"conversation": "c"}, "title"),
    ("chat:rename", {"conversation": "c", "title": 7}, "title"),
    ("chat:delete", {}, "conversation"),
    ("chat:restore", {}, "conversation"),
    ("chat:restore", {"conversation": None}, "conversation"),
    ("chat:select", {"message": "m"}, "conversation"),
    ("chat:select", {"conversation": "c"}, "message"),
    ("chat:select", {"conversation": "c", "message": {}}, "message"),
]


@pytest.mark.parametrize(("method", "data", "field"), WRONG, ids=[f"{m} {d}"[:60] for m, d, _ in WRONG])
async def test_the_field_that_is_wrong_is_named(service: Service, method: str, data: Any, field: str) -> None:
    error = await service.refused(method, data)

    assert (error["code"], error["temporary"]) == (1400, False)
    assert f" {field}" in error["message"]
    assert service.openai.requests == []
    assert service.centrifugo.calls == []


@pytest.mark.parametrize("data", [{}, {"run": None}, {"run": "r", "client_message_id": "m"}], ids=str)
async def test_a_stop_names_one_of_the_two(service: Service, data: Any) -> None:
    assert (await service.refused("chat:stop", data))["code"] == 1400


@pytest.mark.parametrize("cursor", ["", "x", "é", "MTp4", "LTE6YQ", "A" * 10_000])
async def test_a_cursor_has_to_be_one_of_ours(service: Service, cursor: str) -> None:
    error = await service.refused("chat:conversations", {"cursor": cursor})

    assert error["code"] == 1400


UNKNOWN: list[tuple[str, dict[str, object]]] = [
    ("chat:sync", {"conversation": NOBODYS}),
    ("chat:send", SEND | {"conversation": NOBODYS}),
    ("chat:send", SEND | {"parent": NOBODYS}),
    ("chat:send", SEND | {"model": "another-model"}),
    ("chat:regenerate", AGAIN | {"message": NOBODYS}),
    ("chat:continue", AGAIN | {"message": NOBODYS}),
    ("chat:stop", {"run": NOBODYS}),
    ("chat:run", {"run": NOBODYS}),
    ("chat:conversation", {"conversation": NOBODYS}),
    ("chat:rename", {"conversation": NOBODYS, "title": "T"}),
    ("chat:delete", {"conversation": NOBODYS}),
    ("chat:restore", {"conversation": NOBODYS}),
    ("chat:select", {"conversation": NOBODYS, "message": "m"}),
]


@pytest.mark.parametrize(("method", "data"), UNKNOWN, ids=[f"{m} {sorted(d)[0]}" for m, d in UNKNOWN])
@pytest.mark.parametrize("name", [None, "", "no id", "'; DROP TABLE runs; --", "🙂", "x" * 256])
async def test_what_does_not_exist_is_not_found(
    service: Service, method: str, data: dict[str, object], name: str | None
) -> None:
    if name is not None:
        data = {key: name if value == NOBODYS else value for key, value in data.items()}
    error = await service.refused(method, data)

    assert (error["code"], error["temporary"]) == (1404, False)
    assert service.openai.requests == []


async def test_what_is_somebody_elses_is_not_told_apart_from_what_does_not_exist(service: Service) -> None:
    sent, _ = await service.talk("tokens:1")
    theirs = {
        "conversation": sent["conversation"]["id"],
        "run": sent["reply"]["run"]["id"],
        "message": sent["reply"]["id"],
    }
    for method, data in UNKNOWN:
        if method == "chat:send" and "conversation" not in data:
            continue
        asked = {key: theirs.get(key, value) for key, value in data.items()}
        nothing = await service.refused(method, data, user="mallory")
        assert await service.refused(method, asked, user="mallory") == nothing
    (conversation,) = (await service.call("chat:conversations"))["conversations"]

    assert conversation["version"] == sent["conversation"]["version"]
    assert (await service.call("chat:conversations", user="mallory"))["conversations"] == []


async def test_fields_that_nobody_knows_are_ignored(service: Service) -> None:
    assert await service.call("chat:conversations", {"new": "field", "limit": 5})


@pytest.mark.parametrize("limit", [-1, 0, 1, 100, 101, 2**31, 2**63, -(2**63), None])
async def test_a_limit_out_of_range_is_clamped(service: Service, limit: int | None) -> None:
    for method in ("chat:conversations", "chat:sync"):
        assert (await service.call(method, {"limit": limit}))["conversations"] == []


async def test_null_is_as_good_as_absent(service: Service) -> None:
    data = {"conversation": None, "model": None, "if_busy": None, "parent": None}
    sent = await service.send("tokens:1", **data)

    assert sent["message"]["parent"] is None
