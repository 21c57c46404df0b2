"""Centrifugo as a test sees it: an address for clients, a server API, and a process to do things to."""

import secrets
from pathlib import Path
from typing import Any

import aiohttp

from .processes import Process, unused_port
from .servers import Server

Json = dict[str, Any]


class Centrifugo:
    """One Centrifugo with the configuration that we ship, on ports of its own."""

    def __init__(self, server: Server, service_url: str, origin: str, directory: Path) -> None:
        self.kind = server.kind
        self.api_key = secrets.token_urlsafe(24)
        self.proxy_secret = secrets.token_urlsafe(24)
        port, internal_port = unused_port(), unused_port()
        self.client_url = f"ws://127.0.0.1:{port}/connection/websocket"
        internal_url = f"http://127.0.0.1:{internal_port}"
        self.api_url = f"{internal_url}/api"
        environment = {
            "CENTRIFUGO_HTTP_SERVER_ADDRESS": "127.0.0.1",
            "CENTRIFUGO_HTTP_SERVER_PORT": str(port),
            "CENTRIFUGO_HTTP_SERVER_INTERNAL_ADDRESS": "127.0.0.1",
            "CENTRIFUGO_HTTP_SERVER_INTERNAL_PORT": str(internal_port),
            "CENTRIFUGO_HTTP_API_KEY": self.api_key,
            "CENTRIFUGO_VAR_PROXY_SECRET": self.proxy_secret,
            "CENTRIFUGO_CLIENT_ALLOWED_ORIGINS": origin,
            "CENTRIFUGO_CLIENT_PROXY_CONNECT_ENDPOINT": f"{service_url}/centrifugo/connect",
            "CENTRIFUGO_CLIENT_PROXY_REFRESH_ENDPOINT": f"{service_url}/centrifugo/refresh",
            "CENTRIFUGO_RPC_PROXY_ENDPOINT": f"{service_url}/centrifugo/rpc",
        }
        log = directory / "centrifugo.log"
        self.process: Process = server.process(environment, f"{internal_url}/health", log)

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
