"""What reading a model's stream costs: CPU per chunk of our adapter, beside the SDK used plainly.

``python -m bench.model_cpu``: many streams at a model's pace, so that chunks arrive one by one, from a
scripted upstream in a process of its own. The ways take turns in one process; each one's best turn counts,
because whatever else the machine does only adds to the others.
"""

import argparse
import asyncio
import json
import math
import sys
import time
from collections.abc import Awaitable, Callable

import uvloop
from openai import AsyncOpenAI, DefaultAioHttpClient

from proxy_app.adapters.models import OpenAIChatModel, open_chat_model
from proxy_app.core.chunks import TextDelta
from proxy_app.ports import PromptMessage

Read = Callable[[str], Awaitable[int]]
"""Asks the prompt and returns how many deltas of text came."""


async def main(streams: int, rate: int, tokens: int, rounds: int) -> None:
    """Measure each way and print a table."""
    command = (sys.executable, "-m", "tests.fakes.openai_server", "--port", "0")
    upstream = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    try:
        url = json.loads(await upstream.stdout.readline())["url"]  # type: ignore[union-attr]  # It is a pipe.
        await compare(url, streams, rate, tokens, rounds)
    finally:
        upstream.terminate()
        await upstream.wait()


async def compare(url: str, streams: int, rate: int, tokens: int, rounds: int) -> None:
    """Run every way over the same upstream."""
    async with (
        AsyncOpenAI(base_url=url, api_key="none") as plain,
        AsyncOpenAI(base_url=url, api_key="none", http_client=DefaultAioHttpClient()) as over_aiohttp,
        open_chat_model(
            base_url=url,
            api_key=None,
            models=("fake-model",),
            name=None,
            demo=False,
            connect_timeout=10,
            head_timeout=60,
            stall_timeout=60,
            retries=0,
            max_output_tokens=8192,
        ) as model,
    ):
        ways: dict[str, Read] = {
            "plain SDK": lambda prompt: read_plainly(plain, prompt),
            "plain SDK over aiohttp": lambda prompt: read_plainly(over_aiohttp, prompt),
            "our adapter": lambda prompt: read_with_adapter(model, prompt),
        }
        prompt = f"tokens:{tokens} rate:{rate} seed:1"
        for read in ways.values():
            await asyncio.gather(*(read("tokens:2 rate:50") for _ in range(streams)))  # Warm.
        best = dict.fromkeys(ways, math.inf)
        for _ in range(rounds):
            for name, read in ways.items():
                best[name] = min(best[name], await measure(read, prompt, streams, tokens))
        say(f"{streams} streams of {tokens} chunks, {rate} per second each; best of {rounds} rounds\n")
        say(f"{'':24}{'µs of CPU per chunk':>20}{'of plain':>10}")
        for name, seconds in best.items():
            microseconds = seconds / streams / tokens * 1e6
            say(f"{name:24}{microseconds:20.1f}{seconds / best['plain SDK']:10.2f}")


async def measure(read: Read, prompt: str, streams: int, tokens: int) -> float:
    """Return the seconds of CPU that reading all streams at once takes this process."""
    began = time.process_time()
    counts = await asyncio.gather(*(read(prompt) for _ in range(streams)))
    seconds = time.process_time() - began
    if counts != [tokens] * streams:
        raise RuntimeError("chunks were lost")
    return seconds


def say(line: str) -> None:
    """Print a line of the table."""
    print(line, flush=True)


async def read_plainly(client: AsyncOpenAI, prompt: str) -> int:
    """Read a completion as the SDK's documentation does."""
    count = 0
    stream = await client.chat.completions.create(
        model="fake-model",
        messages=[{"role": "user", "content": prompt}],
        stream=True,
        stream_options={"include_usage": True},
    )
    async for chunk in stream:
        if chunk.choices and chunk.choices[0].delta.content:
            count += 1
    return count


async def read_with_adapter(model: OpenAIChatModel, prompt: str) -> int:
    """Read a completion as the service does."""
    count = 0
    async with model.stream("fake-model", [PromptMessage("user", prompt)]) as reads:
        async for chunks in reads:
            count += sum(isinstance(chunk, TextDelta) for chunk in chunks)
    return count


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--streams", type=int, default=50)
    parser.add_argument("--rate", type=int, default=25, help="chunks per second and stream")
    parser.add_argument("--tokens", type=int, default=200, help="chunks per stream")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--asyncio", action="store_true", help="asyncio's own loop instead of uvloop")
    arguments = parser.parse_args()
    run = asyncio.run if arguments.asyncio else uvloop.run
    run(main(arguments.streams, arguments.rate, arguments.tokens, arguments.rounds))
