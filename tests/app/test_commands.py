"""The commands as a person runs them: what is wrong is one sentence."""

import asyncio
import sys
from pathlib import Path

import pytest

from tests.fakes.openai_server import FakeOpenAI
from tests.stack.processes import inherited_environment

ROOT = Path(__file__).parents[2]
KEY = "sk-of-nobody"


async def run(*arguments: str, **variables: str) -> tuple[int | None, str, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "proxy_app", *arguments),
        cwd=ROOT,
        env=inherited_environment() | variables,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await asyncio.wait_for(process.communicate(), 30)
    return process.returncode, out.decode(), err.decode()


SERVICE = {
    "CHAT_DATABASE_URL": "sqlite+aiosqlite:////nowhere/at/all/chat.db",
    "CHAT_CENTRIFUGO_API_URL": "http://127.0.0.1:1/api",
    "CHAT_CENTRIFUGO_API_KEY": "key",
    "CHAT_PROXY_SECRET": "secret",
    "OPENAI_API_KEY": KEY,
    "OPENAI_MODEL": "model",
}


@pytest.mark.parametrize(
    ("arguments", "variables", "names"),
    [
        ("serve", {}, "CHAT_"),
        ("serve", SERVICE | {"CHAT_PORT": "http"}, "CHAT_PORT"),
        ("serve", SERVICE | {"CHAT_PROXY_SECRET": ""}, "CHAT_PROXY_SECRET"),
        ("serve", SERVICE | {"OPENAI_MODEL": ""}, "OPENAI_MODEL"),
        ("migrate", {}, "CHAT_DATABASE_URL"),
        ("migrate", {"CHAT_DATABASE_URL": "mysql://root@localhost/chat"}, "CHAT_DATABASE_URL"),
        ("migrate", {"CHAT_DATABASE_URL": "chat.db"}, "CHAT_DATABASE_URL"),
        ("up", {"CHAT_PAGE_PORT": "page"}, "CHAT_PAGE_PORT"),
        ("up", {"CHAT_CENTRIFUGO": "/missing"}, "CHAT_CENTRIFUGO"),
        ("doctor", {"CHAT_PORT": "8000", "CHAT_CENTRIFUGO_PORT": "8000"}, "CHAT_CENTRIFUGO_PORT"),
        ("doctor", {"OPENAI_BASE_URL": "x"}, "OPENAI_BASE_URL"),
    ],
)
async def test_a_wrong_setting_is_one_sentence_and_exit_code_2(
    arguments: str, variables: dict[str, str], names: str
) -> None:
    code, out, err = await run(arguments, **variables)

    assert code == 2
    assert err.count("\n") == 1, err
    assert names in err
    assert err.endswith(".\n")
    assert out == ""
    assert KEY not in err


async def test_without_a_command_the_commands_are_told() -> None:
    code, _, err = await run()

    assert code == 2
    assert "usage: python -m proxy_app" in err


async def test_migrate_makes_the_database(tmp_path: Path) -> None:
    database = tmp_path / "chat.db"

    for _ in range(2):
        code, _, err = await run("migrate", CHAT_DATABASE_URL=f"sqlite+aiosqlite:///{database}")
        assert code == 0, err
    assert database.stat().st_size > 0


async def test_doctor_tells_what_was_found() -> None:
    async with FakeOpenAI(api_key=KEY) as openai:
        code, out, err = await run("doctor", OPENAI_BASE_URL=openai.url, OPENAI_API_KEY=KEY)
        assert (code, err) == (0, "")
        assert f"{openai.url}/models answers\n" in out
        told = {line.split()[0] for line in out.splitlines()}
        assert told >= {"Python", "Go", "Node.js", "Centrifugo", "Chromium", "CHAT_PORT"}

    code, out, _ = await run("doctor", OPENAI_BASE_URL=openai.url, OPENAI_API_KEY=KEY)
    assert code == 1
    assert f"{openai.url}/models can't be reached" in out
    assert KEY not in out
