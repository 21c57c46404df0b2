"""``make scale`` from outside: two of everything behind one address, and what was said is kept."""

import os
import secrets
import sys
import tempfile
from pathlib import Path

import pytest

from tests.client import ChatClient
from tests.fakes.openai_server import FakeOpenAI, expected_text
from tests.stack.needs import need_programs
from tests.stack.processes import Child, unused_ports

from .answers import prompt, read_all, text_of

pytestmark = [pytest.mark.asyncio, pytest.mark.slow, pytest.mark.timeout(240)]


async def test_two_of_everything_behind_one_address_keep_what_was_said() -> None:
    need_programs("postgres", "redis-server", "nginx")
    page, centrifugo, internal, service = unused_ports(4)
    with tempfile.TemporaryDirectory(prefix="chat-scale-") as folder:
        os.chmod(folder, 0o711)  # Where we are root, PostgreSQL is somebody else.
        async with FakeOpenAI() as openai:
            scale = Scale(
                "make scale",
                [sys.executable, "-m", "proxy_app", "scale"],
                {
                    "CHAT_STATE_DIR": f"{folder}/var",
                    "CHAT_PAGE_PORT": str(page),
                    "CHAT_CENTRIFUGO_PORT": str(centrifugo),
                    "CHAT_CENTRIFUGO_INTERNAL_PORT": str(internal),
                    "CHAT_PORT": str(service),
                    "CHAT_CENTRIFUGO": "embedded",
                    "CHAT_PROXY_SECRET": secrets.token_urlsafe(24),
                    "CHAT_CENTRIFUGO_API_KEY": secrets.token_urlsafe(24),
                    "CHAT_GUEST_SECRET": secrets.token_urlsafe(24),
                    "OPENAI_BASE_URL": openai.url,
                    "OPENAI_MODEL": "fake-model",
                },
                f"http://127.0.0.1:{page}/",
                Path(folder) / "log",
            )
            url = f"ws://127.0.0.1:{page}/connection/websocket"
            try:
                await scale.start()
                async with ChatClient.open(url) as client, ChatClient.open(url, client.token) as second:
                    texts = [prompt() for _ in range(4)]
                    sent = [await client.send(text) for text in texts]
                    copies = [await second.ended(each.run) for each in sent]
                    token = client.token
                assert [copy.text() for copy in copies] == [expected_text(text) for text in texts]
                assert await scale.stop() == 0

                await scale.start()
                async with ChatClient.open(url, token) as client:
                    kept = [await read_all(client, each.conversation["id"]) for each in sent]
                assert [text_of(answer) for _, answer in kept] == [expected_text(text) for text in texts]
                assert await scale.stop() == 0
            finally:
                if await scale.alive():
                    await scale.stop()
            log = scale.tail(1000)
            # Both answered, whichever was asked.
            assert "proxy_app a | INFO    proxy_app.runs.writer: Run" in log
            assert "proxy_app b | INFO    proxy_app.runs.writer: Run" in log


class Scale(Child):
    """The launcher, which is well once it says so."""

    async def spawn(self) -> None:
        """Start it without waiting for anything."""
        self._before = self.log.stat().st_size if self.log.exists() else 0
        await super().spawn()

    async def is_well(self) -> bool:
        """Tell whether it has said that it is ready, since it was started."""
        with self.log.open("rb") as log:
            log.seek(self._before)
            return b"Ready after" in log.read()
