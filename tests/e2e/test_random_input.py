"""Requests made at random: each gets an answer or a typed error, and never a bug."""

import random
from collections import Counter
from typing import Any

import pytest

from tests.client import RpcError, new_id
from tests.stack import Stack

from .answers import prompt

pytestmark = pytest.mark.asyncio(loop_scope="session")

METHODS = [
    *("sync", "send", "regenerate", "continue", "stop", "run"),
    *("conversations", "conversation", "rename", "delete", "restore", "select"),
]
FIELDS = [
    *("client_message_id", "text", "conversation", "parent", "model", "if_busy", "run", "mismatch"),
    *("cursor", "limit", "query", "before", "title", "message"),
]
ODD: list[Any] = [
    *(None, True, False, 0, -1, 1, 2**31, 2**63, -(2**63), 10**30, 1.5, 1e308),
    *(
        "",
        " ",
        "a",
        "\u0000",
        "\ud800",
        "𝒳" * 50,
        "x" * 300,
        "null",
        "-1",
        "%",
        "_",
        "\\",
        "'",
        '"',
        "\u202e",
    ),
    *([], {}, [[]], {"id": 1}, ["a"], {"": None}),
]
TYPED = {1400, 1404, 1408, 1409, 1413, 1430}


@pytest.mark.parametrize("seed", range(8))
async def test_random_requests_get_typed_errors(stack: Stack, seed: int) -> None:
    chance = random.Random(seed)
    answers: Counter[int] = Counter()
    async with stack.client() as client:
        sent = await client.send(prompt("tokens:3"))
        await client.ended(sent.run)
        real = [sent.conversation["id"], sent.run, sent.message["id"], sent.reply["id"], "fake-model", "stop"]

        for _ in range(150):
            names = chance.sample(FIELDS, chance.randrange(5))
            values = [chance.choice([*ODD, *real, new_id()]) for _ in names]
            try:
                await client.rpc(f"chat:{chance.choice(METHODS)}", dict(zip(names, values, strict=True)))
                answers[0] += 1
            except RpcError as exc:
                answers[exc.code] += 1

        last = await client.send(prompt())
        assert (await client.ended(last.run)).status == "completed"

    assert set(answers) <= TYPED | {0}, answers
    assert {0, 1400, 1404} <= set(answers), answers
