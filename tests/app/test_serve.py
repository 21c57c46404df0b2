"""``python -m proxy_app serve`` as a supervisor sees it."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import orjson

from tests.fakes.centrifugo_api import FakeCentrifugo
from tests.fakes.openai_server import FakeOpenAI
from tests.fakes.openai_steps import Text, Wait, answer
from tests.stack.processes import inherited_environment, unused_ports

from .service import MODEL_KEY, SECRET, text_of

ROOT = Path(__file__).parents[2]


@asynccontextmanager
async def serving(
    folder: Path, openai: FakeOpenAI, centrifugo: FakeCentrifugo, port: int, **changes: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Start the service as a process; kill it if it does not end by itself."""
    settings = {
        "CHAT_DATABASE_URL": f"sqlite+aiosqlite:///{folder / 'chat.sqlite3'}",
        "CHAT_CENTRIFUGO_API_URL": centrifugo.url,
        "CHAT_CENTRIFUGO_API_KEY": centrifugo.api_key,
        "CHAT_PROXY_SECRET": SECRET,
        "CHAT_PORT": str(port),
        "OPENAI_API_KEY": MODEL_KEY,
        "OPENAI_BASE_URL": openai.url,
        "OPENAI_MODEL": "fake-model",
        **changes,
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "proxy_app", "serve"),
        cwd=ROOT,
        env=inherited_environment() | settings,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def until_serving(process: asyncio.subprocess.Process) -> str:
    """Wait until it says that it serves; return what it said."""
    assert process.stdout is not None
    said = ""
    async with asyncio.timeout(30):
        while "Serving on" not in said:
            line = await process.stdout.readline()
            assert line, said
            said += line.decode()
    return said


async def send(port: int) -> str:
    """Send a prompt; return the run that answers it."""
    data = {"client_message_id": "m", "text": "Hello!"}
    body = orjson.dumps({"user": "alice", "method": "chat:send", "data": data})
    async with (
        aiohttp.ClientSession(headers={"X-Proxy-Secret": SECRET}) as http,
        http.post(f"http://127.0.0.1:{port}/centrifugo/rpc", data=body) as answered,
    ):
        reply = orjson.loads(await answered.read())
    run: str = reply["result"]["data"]["reply"]["run"]["id"]
    return run


async def test_a_sigterm_lets_answers_finish_and_shows_no_secret(tmp_path: Path) -> None:
    (port,) = unused_ports(1)
    async with FakeOpenAI() as openai, FakeCentrifugo() as centrifugo:
        go_on = asyncio.Event()
        openai.scripts.append([Text("Hel"), Wait(go_on), *answer("lo")])
        async with serving(tmp_path, openai, centrifugo, port) as process:
            said = await until_serving(process)
            run = await send(port)
            await centrifugo.arrived(run, 1)
            process.send_signal(signal.SIGTERM)
            assert process.stdout is not None
            async with asyncio.timeout(10):
                while "Stopping" not in said:
                    said += (await process.stdout.readline()).decode()
            go_on.set()
            rest, _ = await asyncio.wait_for(process.communicate(), 20)
            said += rest.decode()

        client = centrifugo.client(run)
        assert (process.returncode, client.status, text_of(client)) == (0, "completed", "Hello")
        assert not any(secret in said for secret in (SECRET, MODEL_KEY, centrifugo.api_key, "Hello"))
        assert "Traceback" not in said


async def test_a_port_in_use_is_one_sentence_and_exit_code_2(tmp_path: Path) -> None:
    async with FakeOpenAI() as openai, FakeCentrifugo() as centrifugo:
        port = int(centrifugo.url.split(":")[2].split("/")[0])
        async with serving(tmp_path, openai, centrifugo, port) as process:
            said, _ = await asyncio.wait_for(process.communicate(), 30)

    sentence = said.decode().strip().splitlines()[-1]
    assert process.returncode == 2
    assert str(port) in sentence
    assert "CHAT_PORT" in sentence
    assert b"Traceback" not in said
