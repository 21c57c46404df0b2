"""After a full run in which much went wrong: no secret, and nothing written, is where it should not be."""

import hashlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from proxy_app.auth.guest import derive_key
from tests.client import RawConnection, new_id
from tests.fakes.openai_steps import Reply, answer
from tests.stack import Server, Stack, open_stack
from tests.stack.processes import PROJECT, Child
from tests.stack.stack import UPSTREAM_KEY

from .hostile import said

pytestmark = pytest.mark.asyncio(loop_scope="session")

Json = dict[str, Any]
PAGE = PROJECT / "frontend" / "dist"
WRITTEN = "what-a-user-wrote-and-nobody-else-may-read"
ANSWERED = "what-a-model-answered-and-nobody-else-may-read"
SYSTEM = "what-the-operator-tells-the-model"


@dataclass
class Aftermath:
    """What a full run has left behind, place by place."""

    secrets: dict[str, str]
    private: dict[str, str]
    logs: dict[str, str]
    heard: dict[str, str]
    """What clients were told."""
    outside: dict[str, str]
    """What anybody is told who asks the ports: errors, health, the page."""
    commands: dict[str, str]
    """Command lines of every process, as any user of the machine can read them."""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def aftermath(server: Server) -> AsyncIterator[Aftermath]:
    """Run everything, let everything go wrong, and collect what was said."""
    page = PAGE if (PAGE / "index.html").exists() else None
    settings = {"CHAT_MODEL_RETRIES": "0", "CHAT_LOG_LEVEL": "debug", "CHAT_SYSTEM_PROMPT": SYSTEM}
    async with open_stack(server, page=page, **settings) as stack:
        heard, token = await conversation(stack)
        outside = await outsiders(stack)
        commands = command_lines(stack)
        await stack.service.process.stop()
        await stack.centrifugo.process.stop()
        logs = {
            process.name: process.log.read_text(errors="replace")
            for process in (stack.service.process, stack.centrifugo.process)
        }
        derived = derive_key(stack.centrifugo.proxy_secret)
        yield Aftermath(
            secrets={
                "the model's key": UPSTREAM_KEY,
                "the API's key": stack.centrifugo.api_key,
                "the proxy's secret": stack.centrifugo.proxy_secret,
                "the guests' key": derived,
                "the guests' key as it signs": hashlib.sha256(derived.encode()).hexdigest(),
            },
            private={
                "the prompt": WRITTEN,
                "the answer": ANSWERED,
                "the system prompt": SYSTEM,
                "a guest's token": token,
                "a token's signature": token.rpartition(".")[2],
            },
            logs=logs,
            heard=heard,
            outside=outside,
            commands=commands,
        )


async def conversation(stack: Stack) -> tuple[dict[str, str], str]:
    """Do everything that clients do, and much that they should not; return what they heard, and a token."""
    repeated = {"error": {"message": f"no: {UPSTREAM_KEY} {WRITTEN}", "code": "invalid_api_key"}}
    stack.openai.scripts += [answer(ANSWERED), [Reply(401, repeated)], [Reply(500, repeated)]]
    async with RawConnection.open(stack.url) as raw:
        await raw.subscribe()
        for _ in range(3):
            told = await raw.rpc("chat:send", {"client_message_id": new_id(), "text": WRITTEN})
            run = told["rpc"]["data"]["reply"]["run"]["id"]
            await raw.until(partial(ended, raw, run))
        conversation = told["rpc"]["data"]["conversation"]["id"]
        for method, data in {
            "chat:rename": {"conversation": conversation, "title": WRITTEN},
            "chat:conversations": {"query": WRITTEN},
            "chat:sync": {"conversation": conversation},
            "chat:send": {"client_message_id": WRITTEN * 9, "text": WRITTEN},
            "chat:stop": {"run": WRITTEN},
            "chat:run": {"run": [WRITTEN]},
            WRITTEN: {"text": WRITTEN},
            f"chat:{WRITTEN}": {"text": WRITTEN},
            "chat:regenerate": {"client_message_id": WRITTEN, "message": WRITTEN},
            "chat:continue": {"client_message_id": new_id(), "message": WRITTEN},
            "chat:select": {"conversation": conversation, "message": WRITTEN},
            "chat:restore": {"conversation": WRITTEN},
            "chat:delete": {"conversation": conversation},
        }.items():
            await raw.rpc(method, data)
        too_long = {"client_message_id": new_id(), "text": WRITTEN * 1_000}
        await raw.rpc("chat:send", too_long)
        await raw.command({"publish": {"channel": raw.welcome["channel"], "data": {"text": WRITTEN}}})
    async with RawConnection.open(stack.url) as broken:
        await said(broken, f'{{"text":"{WRITTEN}",')
    async with RawConnection.open(stack.url, {"v": 1, "token": raw.welcome["token"]}) as again:
        await again.rpc("chat:sync", {})
    forged = {"v": 1, "token": raw.welcome["token"] + WRITTEN, "text": WRITTEN}
    async with RawConnection.open(stack.url, connect=False) as refused:
        await refused.frame(json.dumps({"id": 1, "connect": {"data": forged}}))
        await refused.closed()
    everybody = {
        "a client": raw,
        "a broken one": broken,
        "one who came again": again,
        "a refused one": refused,
    }
    return {name: "\n".join(each.frames) for name, each in everybody.items()}, raw.welcome["token"]


def ended(raw: RawConnection, run: str) -> bool:
    """Tell whether a run's end was published."""
    return any(
        event["data"].get("run") == run and event["data"]["chunks"][-1]["type"] == "run-end"
        for event in raw.publications
    )


async def outsiders(stack: Stack) -> dict[str, str]:
    """Ask every port what it tells somebody without a secret, and break a call while the service is away."""
    told: dict[str, str] = {}
    wrong = {"X-Proxy-Secret": "wrong"}
    for path in ("/", "/health", "/centrifugo/rpc", "/centrifugo/connect", "/metrics"):
        told[f"the service's {path}"] = repr(await stack.service.post(path, WRITTEN.encode(), wrong))
    client, internal = stack.url.replace("ws", "http", 1), stack.centrifugo.api_url.removesuffix("/api")
    addresses = [client, client.removesuffix("/connection/websocket") + "/", f"{internal}/health"]
    addresses += [f"{internal}/metrics", f"{internal}/api/info", f"{internal}/", f"{internal}/debug/pprof/"]
    if (PAGE / "index.html").exists():
        names = [path.relative_to(PAGE) for path in PAGE.rglob("*") if path.is_file()]
        addresses += [f"{stack.page_url}/{name}" for name in ["", "nothing", ".env", *names]]
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as http:
        for address in addresses:
            async with http.get(address) as page:
                told[address] = f"{page.status} {dict(page.headers)} {await page.text(errors='replace')}"
    await stack.service.process.kill()
    async with RawConnection.open(stack.url, connect=False) as raw:
        reply = await raw.command({"connect": {"data": {"v": 1, "text": WRITTEN}}})
        told["a connect without a service"] = json.dumps(reply)
    await stack.service.process.start()
    return told


def command_lines(stack: Stack) -> dict[str, str]:
    """Return the command lines of the product's processes and of their children."""
    parents = {
        process.pid
        for process in (stack.service.process, stack.centrifugo.process)
        if isinstance(process, Child)
    }
    lines = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            if int(folder.name) in parents or parent in parents:
                lines[folder.name] = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except (FileNotFoundError, ProcessLookupError):
            continue  # It has ended meanwhile.
    return lines


PLACES = ["logs", "heard", "outside", "commands"]


@pytest.mark.parametrize("place", PLACES)
async def test_no_secret_is_where_it_should_not_be(aftermath: Aftermath, place: str) -> None:
    said_there: dict[str, str] = getattr(aftermath, place)
    assert said_there
    for where, text in said_there.items():
        leaked = [name for name, secret in aftermath.secrets.items() if secret in text]
        assert not leaked, f"{where} tells {leaked}"


async def test_nothing_that_anybody_wrote_is_in_a_log(aftermath: Aftermath) -> None:
    for where, text in aftermath.logs.items():
        lines = [line for line in text.splitlines() for told in aftermath.private.values() if told in line]
        assert not lines, f"{where}: {lines[:3]}"


async def test_what_was_looked_for_would_have_been_found(aftermath: Aftermath) -> None:
    # Else the tests above would say nothing.
    assert WRITTEN in aftermath.heard["a client"]
    assert ANSWERED in aftermath.heard["a client"]
    assert "proxy_app serve" in " ".join(aftermath.commands.values())
    assert "A model call failed" in aftermath.logs["proxy_app"]
    assert aftermath.heard["a refused one"] or aftermath.heard["a broken one"]


async def test_strangers_are_told_nothing_that_was_written(aftermath: Aftermath) -> None:
    for where, text in aftermath.outside.items():
        told = [name for name, secret in aftermath.private.items() if secret in text]
        assert not told, f"{where} tells {told}"


@pytest.mark.skipif(not (PAGE / "index.html").exists(), reason="the page is not built")
async def test_the_page_was_looked_at(aftermath: Aftermath) -> None:
    assert [text for where, text in aftermath.outside.items() if where.endswith(".js") and len(text) > 10_000]
