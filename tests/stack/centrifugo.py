"""Centrifugo as a test sees it: an address for clients, a server API, and a process to do things to."""

import re
from dataclasses import dataclass
from typing import Any

import aiohttp

from .processes import Process
from .servers import Kind

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Centrifugo:
    """One Centrifugo with the configuration that we ship, on ports of its own."""

    kind: Kind
    process: Process
    client_url: str
    """Where clients connect."""
    api_url: str
    api_key: str
    proxy_secret: str

    async def restart_killed(self) -> None:
        """Kill it and start it again on the same ports; what it held in memory is gone."""
        await self.process.kill()
        await self.process.start()

    async def api(self, method: str, request: Json) -> Json:
        """Call the server API and return the result."""
        headers = {"X-API-Key": self.api_key}
        limit = aiohttp.ClientTimeout(total=5)
        async with (
            aiohttp.ClientSession(headers=headers, timeout=limit) as http,
            http.post(f"{self.api_url}/{method}", json=request) as answer,
        ):
            assert answer.status == 200, await answer.text()
            reply = await answer.json()
        assert "error" not in reply, reply
        result: Json = reply["result"]
        return result

    async def history(self, channel: str) -> list[Json]:
        """Return the data of every publication that the channel's history holds."""
        result = await self.api("history", {"channel": channel, "limit": -1})
        return [publication["data"] for publication in result.get("publications", [])]

    async def proxy_calls(self, kind: str) -> int:
        """Return how often a proxy of that kind (``refresh``, ``rpc`` …) was called since the start."""
        limit = aiohttp.ClientTimeout(total=5)
        url = self.api_url.removesuffix("/api") + "/metrics"
        async with aiohttp.ClientSession(timeout=limit) as http, http.get(url) as answer:
            metrics = await answer.text()
        wanted = re.compile(rf'centrifugo_proxy_duration_seconds_histogram_count{{.*type="{kind}"}} (\d+)')
        return sum(int(count) for count in wanted.findall(metrics))
