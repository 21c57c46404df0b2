"""JSON that is deep, wide, odd, or says the same thing twice."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from tests.client import RawConnection, new_id
from tests.stack import Stack

from .answers import text_of
from .hostile import Victim, request, said, still_serves

pytestmark = pytest.mark.asyncio(loop_scope="session")

Json = dict[str, Any]


@pytest_asyncio.fixture(scope="module", loop_scope="session", autouse=True)
async def serving(running_stack: Stack) -> AsyncIterator[None]:
    """Check once, after all of it, that the service goes on."""
    yield
    await still_serves(running_stack)


NOBODYS = "0190a000-0000-7000-8000-000000000000"
LISTED = '"chat:conversations"'
REFUSED: dict[str, tuple[str, str, int]] = {
    "objects in objects": ("chat:send", '{"a":' * 5_000 + "1" + "}" * 5_000, 1400),
    "lists and objects in turns": (
        "chat:sync",
        '{"limit":' + '[{"a":' * 2_000 + "1" + "}]" * 2_000 + "}",
        1400,
    ),
    "depth in a field that nobody knows": ("chat:sync", '{"x":' + "[" * 9_000 + "]" * 9_000 + "}", 1400),
    "depth that an escape hides": (
        "chat:sync",
        '{"y":"\\ud800","x":' + "[" * 9_000 + "]" * 9_000 + "}",
        1400,
    ),
    "an enormous id": ("chat:conversation", json.dumps({"conversation": "a" * 200_000}), 1400),
    "an enormous id of a run": ("chat:run", json.dumps({"run": "7" * 100_000}), 1400),
    "an enormous client_message_id": ("chat:stop", json.dumps({"client_message_id": "a" * 100_000}), 1400),
    "an enormous model": ("chat:send", request(model="m" * 100_000), 1400),
    "an enormous cursor": ("chat:conversations", json.dumps({"cursor": "a" * 200_000}), 1400),
    "an enormous query": ("chat:conversations", json.dumps({"query": "a" * 200_000}), 1400),
    "a prompt of the frame's whole size": ("chat:send", request(text="a" * 250_000), 1413),
    "NUL in an id": ("chat:conversation", '{"conversation":"\\u0000"}', 1404),
    "NUL in a run": ("chat:stop", '{"run":"a\\u0000b"}', 1404),
    "NUL in a model": ("chat:send", request(model="\0"), 1404),
    "NUL in a cursor": ("chat:conversations", '{"cursor":"\\u0000"}', 1400),
    "NUL in a client_message_id": ("chat:send", request(client_message_id="a\0"), 1400),
    "a lone surrogate as an id": ("chat:conversation", '{"conversation":"\\ud800"}', 1404),
    "a lone surrogate as a client_message_id": ("chat:send", request(client_message_id="\ud800"), 1400),
    "a lone surrogate as a cursor": ("chat:conversations", '{"cursor":"\\udfff"}', 1400),
    "a lone surrogate in a field's name": ("chat:run", '{"\\ud800":1}', 1400),
    "a limit with a fraction": ("chat:conversations", '{"limit":1.5}', 1400),
    "a limit that is written as a fraction": ("chat:conversations", '{"limit":1e2}', 1400),
    "a limit beyond every float": ("chat:conversations", '{"limit":1e999}', 1400),
    "a limit that is true": ("chat:conversations", '{"limit":true}', 1400),
    "a limit of a million digits' kind": ("chat:conversations", '{"limit":' + "9" * 10_000 + "}", 1400),
    "a run that is a big number": ("chat:run", '{"run":9007199254740993}', 1400),
    "an id that is a list of one": ("chat:run", f'{{"run":["{NOBODYS}"]}}', 1400),
    "an operator instead of an id": ("chat:run", '{"run":{"$ne":null}}', 1400),
    "an operator instead of a query": ("chat:conversations", '{"query":{"$regex":".*"}}', 1400),
    "an inherited name instead of a field": ("chat:run", f'{{"__proto__":{{"run":"{NOBODYS}"}}}}', 1400),
    "an inherited name instead of data": ("chat:run", '{"constructor":{"prototype":{"run":"x"}}}', 1400),
    "Python's names": ("chat:run", '{"__class__":"x","__init__":{"__globals__":{}},"self":1}', 1400),
    "pydantic's names": (
        "chat:run",
        '{"model_config":{},"model_fields_set":["run"],"__pydantic_extra__":{}}',
        1400,
    ),
    "data that is text of JSON": ("chat:run", json.dumps(json.dumps({"run": NOBODYS})), 1400),
    "data that is false": ("chat:send", "false", 1400),
    "data that is a big number": ("chat:send", "1" * 400, 1400),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_data_that_is_not_what_it_should_be_is_refused(stack: Stack, name: str) -> None:
    method, data, code = REFUSED[name]
    before = stack.service.rows()
    async with RawConnection.open(stack.url) as raw:
        reply = await said(raw, data, method)

        assert reply["error"]["code"] == code, reply
        assert not reply["error"].get("temporary")
        assert "rpc" in await raw.rpc("chat:sync", {})
    assert stack.service.grown_since(before) == {}


CLAMPED = [0, -1, 101, 2**31, 2**53 + 1, 2**63 - 1, -(2**63)]


@pytest.mark.parametrize("limit", CLAMPED)
async def test_a_limit_out_of_range_is_clamped(stack: Stack, limit: int) -> None:
    async with RawConnection.open(stack.url) as raw:
        assert (await raw.rpc("chat:conversations", {"limit": limit}))["rpc"]["data"]["conversations"] == []


@pytest.mark.parametrize("limit", [2**63, 2**64 - 1, 2**64, -(2**63) - 1, 10**30])
async def test_a_limit_that_no_machine_counts_to_gets_an_answer(stack: Stack, limit: int) -> None:
    async with RawConnection.open(stack.url) as raw:
        reply = await raw.rpc("chat:conversations", {"limit": limit})

    assert "rpc" in reply or reply["error"]["code"] == 1400


NO_JSON = {
    "NaN": '{"limit":NaN}',
    "Infinity": '{"limit":Infinity}',
    "minus Infinity": '{"limit":-Infinity}',
    "a comma too many": '{"limit":1,}',
    "a comment": '{"limit":1/**/}',
    "single quotes": "{'limit':1}",
    "a name without quotes": "{limit:1}",
    "a number with a plus": '{"limit":+1}',
    "a number with a nought before it": '{"limit":01}',
    "a hexadecimal number": '{"limit":0x10}',
    "a control character in a text": '{"query":"\x01"}',
    "an escape that is none": '{"query":"\\x41"}',
    "a text without an end": '{"query":"',
    "two values": '{"limit":1} {"limit":2}',
    "nothing": "",
}


@pytest.mark.parametrize("name", NO_JSON)
async def test_what_is_no_json_is_refused_or_ends_its_own_connection(stack: Stack, name: str) -> None:
    async with RawConnection.open(stack.url) as other, RawConnection.open(stack.url) as raw:
        reply = await said(raw, NO_JSON[name], "chat:conversations")

        assert reply.get("closed") == 3501 or reply["error"]["code"] in {107, 1400}, reply
        assert "rpc" in await other.rpc("chat:sync", {})


FRAMES: dict[str, str | bytes] = {
    "not UTF-8": b'{"id":9,"rpc":{"method":"chat:sync","data":"\xff\xfe"}}',
    "a byte order mark": b'\xef\xbb\xbf{"id":9,"rpc":{"method":"chat:sync","data":{}}}',
    "UTF-16": '{"id":9}'.encode("utf-16"),
    "an overlong slash": b'{"id":9,"rpc":{"method":"chat:sync","data":"\xc0\xaf"}}',
    "nothing": "",
    "a line end": "\n",
    "blanks": " " * 1_000,
    "a negative number": '{"id":-1,"rpc":{"method":"chat:sync"}}',
    "a number beyond what is counted": '{"id":4294967296,"rpc":{"method":"chat:sync"}}',
    "a number with a fraction": '{"id":1.5,"rpc":{"method":"chat:sync"}}',
    "a number beyond every float": '{"id":1e999,"rpc":{"method":"chat:sync"}}',
    "two commands in one": '{"id":9,"rpc":{"method":"chat:sync"},"subscribe":{"channel":"chat:#a"}}',
    "a command that is a list": '{"id":9,"rpc":[]}',
    "a method that is a number": '{"id":9,"rpc":{"method":1}}',
    "a method of enormous length": json.dumps({"id": 9, "rpc": {"method": "chat:" + "a" * 100_000}}),
    "a method with NUL": '{"id":9,"rpc":{"method":"chat:send\\u0000"}}',
    "a method with a line end": '{"id":9,"rpc":{"method":"chat:send\\r\\nX-Proxy-Secret: a"}}',
    "a method that is inherited": '{"id":9,"rpc":{"method":"chat:__init__"}}',
    "connecting twice": '{"id":9,"connect":{"data":{"v":1}}}',
    "a push": '{"push":{"channel":"chat:#a","pub":{"data":{}}}}',
    "a reply": '{"id":9,"result":{"user":"admin"}}',
    "depth without an end": '{"id":9,"rpc":{"method":"chat:sync","data":' + "[" * 100_000,
}


@pytest.mark.parametrize("name", FRAMES)
async def test_an_odd_frame_harms_at_most_its_own_connection(stack: Stack, name: str) -> None:
    before = stack.service.rows()
    async with RawConnection.open(stack.url) as other, RawConnection.open(stack.url) as raw:
        await raw.frame(FRAMES[name])
        # Whatever became of it, this comes after it.
        await raw.frame('{"id":99,"rpc":{"method":"chat:sync","data":{}}}')
        await raw.until(lambda: 99 in raw.replies or raw.close_code)

        assert "rpc" in await other.rpc("chat:sync", {})
        assert other.publications == raw.publications == []
    told = raw.replies.get(9, {})
    assert "error" in told or not told or name in {"two commands in one", "a byte order mark"}
    assert stack.service.grown_since(before) == {}


async def test_many_commands_in_one_frame_are_all_answered(stack: Stack) -> None:
    async with RawConnection.open(stack.url) as raw:
        commands = [{"id": 100 + n, "rpc": {"method": "chat:conversations", "data": {}}} for n in range(190)]
        await raw.frame("\n".join(map(json.dumps, commands)))
        await raw.until(lambda: len(raw.replies) == len(commands))

        assert all("rpc" in reply for reply in raw.replies.values())


async def test_the_same_number_twice_is_answered_twice(stack: Stack) -> None:
    async with RawConnection.open(stack.url) as raw:
        assert "rpc" in await said(raw, "{}", "chat:sync", number=7)
        assert "rpc" in await said(raw, "{}", "chat:conversations", number=7)


TWICE = {
    "a text": '{"client_message_id":"ID","text":"the first","text":"the second"}',
    "a client_message_id": '{"client_message_id":"another","client_message_id":"ID","text":"the second"}',
    "a text whose name is escaped": '{"client_message_id":"ID","text":"the first","te\\u0078t":"the second"}',
    "a text of another type": '{"client_message_id":"ID","text":["the first"],"text":"the second"}',
    "an inherited name": '{"__proto__":{},"client_message_id":"ID","text":"the second","__proto__":1}',
}


@pytest.mark.parametrize("name", TWICE)
async def test_of_what_is_said_twice_the_last_counts_everywhere(stack: Stack, name: str) -> None:
    data = TWICE[name].replace("ID", own := new_id())
    async with (
        stack.client() as client,
        RawConnection.open(stack.url, {"v": 1, "token": client.token}) as raw,
    ):
        told = (await said(raw, data))["rpc"]["data"]
        again = (await said(raw, json.dumps({"client_message_id": own, "text": "the second"})))["rpc"]["data"]
        await client.ended(told["reply"]["run"]["id"])
        page = await client.rpc("chat:conversation", {"conversation": told["conversation"]["id"]})

    assert text_of(told["message"]) == text_of(page["messages"][0]) == "the second"
    assert (again["duplicate"], again["message"]["id"]) == (True, told["message"]["id"])


TITLES = {
    "inherited": ("__proto__", "__proto__"),
    "terminal escapes": ("\x1b[31mred\x1b[0m", "[31mred [0m"),
    "bidi override": ("\u202etxt.exe", "txt.exe"),
    "markup": ("<img src=x onerror=alert(1)>", "<img src=x onerror=alert(1)>"),
    "surrogate": ("a\ud800b", "a\ufffdb"),
    "NUL": ("a\0b", "a b"),
    "plane one": ("\ud835\udcb3", "𝒳"),
}


@pytest.mark.parametrize("name", TITLES)
async def test_an_odd_title_is_text_without_what_could_hide_in_a_line(stack: Stack, name: str) -> None:
    title, kept = TITLES[name]
    async with (
        stack.client() as client,
        RawConnection.open(stack.url, {"v": 1, "token": client.token}) as raw,
    ):
        victim = await Victim.of(client)
        data = {"conversation": victim.ids["conversation"], "title": title}
        told = (await said(raw, json.dumps(data), "chat:rename"))["rpc"]["data"]["conversation"]["title"]
        listed = (await client.rpc("chat:conversations", {}))["conversations"]

    assert told == kept
    assert [conversation["title"] for conversation in listed] == [kept]
