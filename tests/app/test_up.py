"""``up``, the command behind ``make run``: it runs the whole product, and leaves nothing behind."""

import asyncio
import re
import secrets
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from pathlib import Path

import aiohttp
import psutil  # type: ignore[import-untyped]
import pytest

from proxy_app.launcher.dotenv_file import GENERATED
from proxy_app.launcher.places import unused_port
from tests.client import ChatClient
from tests.fakes.openai_server import FakeOpenAI, expected_text
from tests.stack.processes import inherited_environment

ROOT = Path(__file__).parents[2]
KEY = "sk-of-the-scripted-upstream"
LONGEST_START = 240.0
"""Seconds; the first test may have to build the page and the embedded node."""
LONGEST_STOP = 20.0

pytestmark = pytest.mark.timeout(300)


class Copy:
    """A running copy, what it has printed, and its processes."""

    def __init__(self, process: asyncio.subprocess.Process, environment: dict[str, str]) -> None:
        self.process = process
        self.environment = environment
        self.said = ""
        self.children: list[psutil.Process] = []
        self._ready = asyncio.Event()
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        assert self.process.stdout is not None
        while line := await self.process.stdout.readline():
            self.said += line.decode()
            if line.startswith(b"Ready after "):
                self._ready.set()
        self._ready.set()

    async def until_ready(self) -> None:
        await asyncio.wait_for(self._ready.wait(), LONGEST_START)
        assert self.process.returncode is None, self.said
        self.children = psutil.Process(self.process.pid).children(recursive=True)

    async def until_gone(self) -> int:
        """Wait for the end of the launcher and of everything that it started."""
        code = await asyncio.wait_for(self.process.wait(), LONGEST_STOP)
        await self._reading
        _, alive = await asyncio.to_thread(psutil.wait_procs, self.children, LONGEST_STOP)
        assert alive == []
        return code

    def child(self, part: str) -> psutil.Process:
        """Return the child whose command line contains ``part``."""
        (found,) = [child for child in self.children if part in " ".join(child.cmdline())]
        return found

    @property
    def page(self) -> str:
        return f"http://localhost:{self.environment['CHAT_PAGE_PORT']}"


Launch = Callable[..., AbstractAsyncContextManager[Copy]]


@pytest.fixture
async def openai() -> AsyncIterator[FakeOpenAI]:
    async with FakeOpenAI(api_key=KEY) as openai:
        yield openai


@pytest.fixture
def launch(openai: FakeOpenAI, tmp_path: Path) -> Launch:
    """Start a copy with ports, state and secrets of its own."""

    @asynccontextmanager
    async def launch(**variables: str) -> AsyncIterator[Copy]:
        names = ("CHAT_PAGE_PORT", "CHAT_CENTRIFUGO_PORT", "CHAT_CENTRIFUGO_INTERNAL_PORT", "CHAT_PORT")
        environment = {name: str(unused_port()) for name in names}
        environment |= {name: secrets.token_urlsafe(16) for name in GENERATED}
        environment |= {"CHAT_STATE_DIR": str(tmp_path / "state"), "CHAT_CENTRIFUGO": "embedded"}
        environment |= {"OPENAI_BASE_URL": openai.url, "OPENAI_API_KEY": KEY, **variables}
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "proxy_app", "up"),
            cwd=ROOT,
            env=inherited_environment() | environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        copy = Copy(process, environment)
        try:
            yield copy
        finally:
            with suppress(ProcessLookupError):
                process.kill()
            await copy.until_gone()

    return launch


async def test_a_prompt_goes_all_the_way_and_a_signal_ends_everything(launch: Launch, tmp_path: Path) -> None:
    async with launch() as copy, aiohttp.ClientSession() as http:
        await copy.until_ready()
        assert f": {copy.page} (" in copy.said.splitlines()[-1]

        # The cookies of whatever else runs on this machine come along.
        async with http.get(copy.page, headers={"Cookie": "a" * 30_000}) as response:
            index = await response.text()
        found = re.search(r'chat-websocket-url" content="(ws://localhost:\d+/connection/websocket)"', index)
        assert found is not None
        async with ChatClient.open(found[1]) as client:
            sent = await client.send("tokens:50")
            await client.ended(sent.run)
            assert client.text(sent.reply["id"]) == expected_text("tokens:50")

        told = [KEY, *(copy.environment[name] for name in GENERATED)]
        seen = copy.said + "".join(" ".join(child.cmdline()) for child in copy.children)
        assert not any(secret in seen for secret in told)
        assert (tmp_path / "state").stat().st_mode & 0o777 == 0o700
        assert (tmp_path / "state" / "chat.db").exists()

        copy.process.send_signal(signal.SIGTERM)
        assert await copy.until_gone() == 0
        assert copy.said.splitlines()[-1] == "Everything has been stopped."


async def test_each_process_is_told_its_own_secrets_only(launch: Launch) -> None:
    async with launch() as copy:
        await copy.until_ready()

        centrifugo = copy.child("config.json").environ()
        service = copy.child("serve").environ()
        assert not any(name.startswith(("OPENAI_", "CHAT_")) for name in centrifugo)
        assert not any(name.startswith("CENTRIFUGO_") for name in service)
        assert service["OPENAI_API_KEY"] == KEY


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends children with their parent")
async def test_nothing_outlives_a_launcher_that_is_killed(launch: Launch) -> None:
    async with launch() as copy:
        await copy.until_ready()
        copy.process.kill()
        await copy.until_gone()


@pytest.mark.parametrize(("part", "name"), [("config.json", "centrifugo"), ("serve", "proxy_app")])
async def test_the_end_of_one_process_is_the_end_of_all(launch: Launch, part: str, name: str) -> None:
    async with launch() as copy:
        await copy.until_ready()
        copy.child(part).kill()

        assert await copy.until_gone() == 1
        assert copy.said.splitlines()[-1] == f"{name} was ended by signal 9; its last lines stand above."


async def test_the_first_signal_lets_answers_finish_and_the_second_does_not(
    launch: Launch, openai: FakeOpenAI
) -> None:
    async with launch(CHAT_SHUTDOWN_GRACE="60") as copy:
        await copy.until_ready()
        url = f"ws://127.0.0.1:{copy.environment['CHAT_CENTRIFUGO_PORT']}/connection/websocket"
        async with ChatClient.open(url) as client:
            sent = await client.send("tokens:100000 rate:20")
            await client.begun(sent.run)
            copy.process.send_signal(signal.SIGINT)
            length = len(client.text(sent.reply["id"]))
            await client.begun(sent.run, length + 20)
            copy.process.send_signal(signal.SIGINT)

            assert await copy.until_gone() == 0


async def test_a_port_in_use_is_one_sentence(launch: Launch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
        async with launch(CHAT_CENTRIFUGO_PORT=port) as copy:
            assert await copy.until_gone() == 1
            assert f"Port {port} is in use" in copy.said
            assert copy.said.endswith("choose another with CHAT_CENTRIFUGO_PORT.\n")
            assert copy.said.count("\n") == 1


async def test_a_setting_that_the_service_refuses_ends_the_start(launch: Launch) -> None:
    async with launch(CHAT_MAX_PROMPT="many") as copy:
        assert await copy.until_gone() == 2
        assert "The setting CHAT_MAX_PROMPT is wrong" in copy.said
        assert "Traceback" not in copy.said
