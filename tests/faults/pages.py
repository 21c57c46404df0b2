"""Pages without a screen: the page's own core in Node.js, asked over its standard input and output."""

import asyncio
import itertools
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any

import orjson

from proxy_app.launcher.frontend import install_packages, run_npm
from proxy_app.launcher.places import read_places
from proxy_app.launcher.steps import Steps
from proxy_app.launcher.toolchain import find_node
from proxy_app.launcher.workshop import Workshop
from tests.stack.processes import PROJECT, inherited_environment

Json = dict[str, Any]
_LONGEST_LINE = 64 * 1024**2
_BUILD = ("exec", "--", "vite", "build", "--ssr", "tests/page-client.ts", "--outDir", "build/faults")


class Pages:
    """A Node.js process that holds any number of pages."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._numbers = itertools.count(1)
        self._asked: dict[int, asyncio.Future[Json]] = {}

    @classmethod
    @asynccontextmanager
    async def open(cls) -> AsyncIterator["Pages"]:
        """Start the process; it ends with the block."""
        process = await asyncio.create_subprocess_exec(
            *(await _command()),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=_LONGEST_LINE,
        )
        pages = cls(process)
        reading = asyncio.create_task(pages._read(), name="pages")
        try:
            yield pages
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)

    async def ask(self, what: str, page: str, **more: str) -> Json:
        """Ask something of a page; whatever it is, the answer is all that the page knows."""
        number = next(self._numbers)
        self._asked[number] = asyncio.get_running_loop().create_future()
        assert self._process.stdin is not None
        self._process.stdin.write(orjson.dumps({"id": number, "what": what, "page": page, **more}) + b"\n")
        await self._process.stdin.drain()
        return await self._asked[number]

    def freeze(self) -> None:
        """Stop all pages as a sleeping device does; their sockets stay open."""
        os.kill(self._process.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let the pages go on."""
        os.kill(self._process.pid, signal.SIGCONT)

    async def _read(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            answer = orjson.loads(line)
            asked = self._asked.pop(answer.pop("id"))
            if not asked.done():  # Who asked may have gone.
                asked.set_result(answer)
        for asked in self._asked.values():
            if not asked.done():
                asked.set_exception(ConnectionError("the pages' process has ended"))


@cache
def _workshop() -> Workshop:
    return Workshop(read_places({}), Steps(), inherited_environment())


async def _command() -> list[str]:
    """Build the pages' program, and return how to start it."""
    workshop = _workshop()
    await install_packages(workshop)
    await run_npm(workshop, *_BUILD, failure="The pages of the tests could not be built.")
    node = await find_node(workshop)
    return [str(Path(node.folder, "node")), str(PROJECT / "frontend" / "build" / "faults" / "page-client.js")]
