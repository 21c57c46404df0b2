"""Every method counts, by what it costs, for each user alone; the refusal says when to try again."""

from pathlib import Path

import pytest

from .service import open_alone

CALLS = [
    ("chat:run", {"run": "r"}, 1404, 10),
    ("chat:sync", {}, None, 5),
    ("chat:conversations", {}, None, 10),
    ("chat:conversations", {"query": "text"}, None, 2),
    ("chat:stop", {"client_message_id": "m"}, None, 10),
    ("chat:send", {}, 1400, 10),
    ("chat:nothing", {}, 1400, 10),
]


@pytest.mark.parametrize(("method", "data", "code", "times"), CALLS, ids=[f"{c[0]} {c[1]}" for c in CALLS])
async def test_a_method_has_its_price(
    tmp_path: Path, method: str, data: dict[str, str], code: int | None, times: int
) -> None:
    async with open_alone(tmp_path, calls_per_second=1) as service:
        for _ in range(times):
            reply = await service.rpc(method, data)
            assert reply.get("error", {}).get("code") == code, reply

        error = await service.refused(method, data)
        assert (error["code"], error["temporary"]) == (1429, True)
        assert error["message"].startswith("That was too much at once. Try again in ")
        # It is nobody else's fault.
        reply = await service.rpc(method, data, user="bob")
        assert reply.get("error", {}).get("code") == code, reply
