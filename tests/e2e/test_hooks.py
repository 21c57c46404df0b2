"""Every way to log in, over real servers, with the lines of ``docs/authentication.md`` and ``examples/``."""

import asyncio
import json
import sqlite3
import sys
import time
from contextlib import closing
from pathlib import Path

import aiohttp
import jwt
import pytest

from tests.client import ChatClient, RawConnection, TerminatedError
from tests.fakes.openai_server import expected_text
from tests.stack import Server, Stack, open_stack
from tests.stack.cluster import Cluster
from tests.stack.processes import PROJECT, inherited_environment, until

from .answers import prompt
from .logins import documented, example, example_nginx, log_in, token_for

pytestmark = pytest.mark.timeout(120)

COOKIE_APP, PROVIDER = "cookie_session/app.py", "identity_provider/provider.py"


async def talks(client: ChatClient) -> None:
    """Assert that somebody can send and gets the exact answer."""
    text = prompt("tokens:20")
    sent = await client.send(text)
    assert (await client.ended(sent.run)).text() == expected_text(text)


async def refused(stack: Stack, token: str | None = None, cookie: str | None = None) -> tuple[int, str]:
    """Connect and be refused for good; return the code and the reason."""
    headers = {"Cookie": cookie} if cookie else {}
    async with RawConnection.open(stack.url, connect=False, headers=headers) as raw:
        await raw.frame(f'{{"id":1,"connect":{{"data":{{"token":"{token}"}}}}}}' if token else NO_TOKEN)
        code, reason = await raw.closed()
    return code or 0, reason or ""


NO_TOKEN = '{"id":1,"connect":{"data":{"v":1}}}'


async def test_guests_come_back_after_the_key_has_changed(server: Server) -> None:
    settings = documented("Guests")
    assert settings["CHAT_AUTH"] == "guest"
    async with open_stack(server, page=None, **settings) as stack:
        async with stack.client() as client:
            await talks(client)
            token, user = client.token, client.welcome["user"]
        old = settings["CHAT_GUEST_SECRET"]
        stack.service.process.change(CHAT_GUEST_SECRET=f"another-long-random-text,{old}")
        await stack.service.process.stop()
        await stack.service.process.start()
        async with stack.client(token) as client:
            assert client.welcome["user"] == user
            renewed = client.token
        stack.service.process.change(CHAT_GUEST_SECRET="another-long-random-text")
        await stack.service.process.stop()
        await stack.service.process.start()
        async with stack.client(renewed) as client:
            assert client.welcome["user"] == user
        assert await refused(stack, token) == (4501, "unauthorized")


@pytest.mark.slow
async def test_an_identity_provider_whose_keys_change(server: Server, tmp_path: Path) -> None:
    settings = documented("Tokens (JWT)")
    async with example(PROVIDER, tmp_path, "/.well-known/jwks.json") as provider:
        settings["CHAT_AUTH_JWT_JWKS_URL"] = f"http://{provider}/.well-known/jwks.json"
        async with open_stack(server, page=None, **settings) as stack:
            async with stack.client(await token_for(provider, "ada")) as client:
                assert (client.welcome["user"], client.welcome["name"]) == ("ada", "Ada")
                await talks(client)
            async with aiohttp.ClientSession() as http:
                await http.post(f"http://{provider}/rotate")
            # Whoever comes with the new key is asked to try again until the keys may be fetched again.
            async with stack.client(await token_for(provider, "Ada, the second")) as client:
                assert client.welcome["user"].startswith("x-")
                await talks(client)
            assert await refused(stack) == (4501, "unauthorized")
            assert await refused(stack, "a.b.c") == (4501, "unauthorized")
            expired = await token_for(provider, "ada", lifetime="-60")
            assert await refused(stack, expired) == (4501, "token expired")


async def test_a_token_ends_and_its_successor_goes_on_in_the_middle_of_an_answer(
    server: Server, tmp_path: Path
) -> None:
    settings = documented("Tokens (JWT)") | {"CHAT_AUTH_JWT_LEEWAY": "0"}
    async with example(PROVIDER, tmp_path, "/.well-known/jwks.json") as provider:
        settings["CHAT_AUTH_JWT_JWKS_URL"] = f"http://{provider}/.well-known/jwks.json"
        async with open_stack(server, page=None, **settings) as stack:
            async with stack.client(await token_for(provider, "ada", lifetime="4")) as client:
                text = prompt("tokens:600 rate:100")
                sent = await client.send(text)
                await client.begun(sent.run)
                client.bring(await token_for(provider, "ada"))
                await client.until(lambda: client.connections == 2)
                assert not (held := client.held(sent.run)) or not held.ended
                assert (await client.ended(sent.run)).text() == expected_text(text)
                assert client.mismatches == 0
            async with stack.client(await token_for(provider, "ada", lifetime="2")) as client:
                # Nobody brought another one.
                with pytest.raises(TerminatedError, match="4501: token expired"):
                    await client.until(lambda: client.connections == 2)
                client.terminated = None


async def test_a_shared_secret_and_a_cookie(server: Server) -> None:
    settings = documented("Tokens (JWT)", 1)
    async with open_stack(server, page=None, **settings) as stack:
        claims = {"sub": "ada", "aud": "chat", "exp": int(time.time()) + 300}
        token = jwt.encode(claims, settings["CHAT_AUTH_JWT_KEY"], algorithm="HS256")
        async with RawConnection.open(stack.url, headers={"Cookie": f"a=b; chat_token={token}"}) as raw:
            assert raw.welcome["user"] == "ada"
        assert await refused(stack, token) == (4501, "unauthorized")
        assert await refused(stack, cookie=f"chat_token={token[:-4]}") == (4501, "unauthorized")


async def test_a_header_of_the_request_itself(server: Server) -> None:
    settings = documented("Tokens (JWT)", 1) | {"CHAT_AUTH_JWT_TOKEN": "authorization"}
    async with open_stack(server, page=None, **settings) as stack:
        claims = {"sub": "ada", "aud": "chat", "exp": int(time.time()) + 300}
        token = jwt.encode(claims, settings["CHAT_AUTH_JWT_KEY"], algorithm="HS256")
        headers = {"Authorization": f"Bearer {token}"}
        async with RawConnection.open(stack.url, headers=headers) as raw:
            assert raw.welcome["user"] == "ada"
            assert "error" not in await raw.rpc("chat:sync", {})
        # A client can't put another one in its place.
        other = json.dumps({"id": 1, "connect": {"data": {"v": 1}, "headers": {"Authorization": "Bearer x"}}})
        async with RawConnection.open(stack.url, connect=False, headers=headers) as raw:
            await raw.frame(other)
            assert (await raw.reply(1))["connect"]["data"]["user"] == "ada"


async def test_a_key_file_is_replaced_while_the_service_runs(server: Server, tmp_path: Path) -> None:
    settings = documented("Tokens (JWT)", 1) | {"CHAT_AUTH_JWT_TOKEN": "data"}
    old, new = settings.pop("CHAT_AUTH_JWT_KEY"), "another-32-characters-that-nobody-can-guess"
    file = tmp_path / "key"
    file.write_text(old)
    claims = {"sub": "ada", "aud": "chat", "exp": int(time.time()) + 300}
    first, second = (jwt.encode(claims, key, algorithm="HS256") for key in (old, new))
    async with open_stack(server, page=None, CHAT_AUTH_JWT_KEY_FILE=str(file), **settings) as stack:
        async with stack.client(first) as client:
            text = prompt("tokens:60 rate:30")
            sent = await client.send(text)
            await client.begun(sent.run)
            file.write_text(new)

            async def changed() -> bool:
                async with RawConnection.open(stack.url, connect=False) as raw:
                    await raw.frame(json.dumps({"id": 1, "connect": {"data": {"token": second}}}))
                    await raw.until(lambda: 1 in raw.replies or raw.close_code)
                    return 1 in raw.replies

            await until(changed, 5, "the new key")
            assert await refused(stack, first) == (4501, "unauthorized")
            assert (await client.ended(sent.run)).text() == expected_text(text)
            assert client.connections == 1
        async with stack.client(second) as client:
            assert client.welcome["user"] == "ada"


@pytest.mark.slow
async def test_an_application_with_sessions_behind_the_same_nginx(server: Server, tmp_path: Path) -> None:
    settings = documented("Your application (`forward`)")
    async with example(COOKIE_APP, tmp_path, "/login") as application:
        settings["CHAT_AUTH_FORWARD_URL"] = f"http://{application}/whoami"
        settings["CHAT_CONNECTION_LIFETIME"] = "10"  # The shortest there is.
        async with (
            open_stack(server, page=None, **settings) as stack,
            example_nginx(
                tmp_path,
                page_url=stack.page_url,
                centrifugo_url=stack.url,
                application=application,
                root=tmp_path,
            ),
        ):
            url = f"{stack.page_url.replace('http', 'ws')}/connection/websocket"
            cookie = {"Cookie": await log_in(stack.page_url, "ada", "correct horse")}
            origin = {"Origin": stack.page_url}
            async with RawConnection.open(url, headers=cookie | origin) as raw:
                assert (raw.welcome["user"], raw.welcome["name"]) == ("ada", "Ada")
                assert raw.welcome["limits"]["runs"] == 4
                assert "error" not in await raw.subscribe()
                async with aiohttp.ClientSession() as http:
                    await http.post(f"{stack.page_url}/logout", headers=cookie, allow_redirects=False)
                    # What the chat asks, nobody else may.
                    async with http.get(f"{stack.page_url}/whoami", headers=cookie) as answer:
                        assert answer.status == 404
                # The next refresh ends it, and the way back in is closed.
                code, _ = await raw.closed(timeout=15)
                assert code == 3005
            assert await refused(stack, cookie=cookie["Cookie"]) == (4501, "unauthorized")
            assert await refused(stack) == (4501, "unauthorized")


async def test_a_gateway_that_answers_with_headers(server: Server, tmp_path: Path) -> None:
    settings = documented("Your application (`forward`)", 1)
    assert settings["CHAT_AUTH_FORWARD_USER_HEADER"] == "X-Auth-Request-User"
    async with example(COOKIE_APP, tmp_path, "/login") as application:
        settings["CHAT_AUTH_FORWARD_URL"] = f"http://{application}/login"
        async with (
            open_stack(server, page=None, **settings) as stack,
            RawConnection.open(stack.url, connect=False) as raw,
        ):
            # It answers 200, and without the header: never anybody.
            reply = await raw.command({"connect": {"data": {}}})
            assert (reply["error"]["code"], reply["error"]["temporary"]) == (1503, True)


async def test_an_application_that_is_down_is_waited_for(server: Server, tmp_path: Path) -> None:
    settings = documented("Your application (`forward`)")
    settings |= {"CHAT_AUTH_FORWARD_URL": "http://127.0.0.1:1/whoami"}
    async with (
        open_stack(server, page=None, **settings) as stack,
        RawConnection.open(stack.url, connect=False) as raw,
    ):
        reply = await raw.command({"connect": {"data": {}}})

    assert (reply["error"]["code"], reply["error"]["temporary"]) == (1503, True)
    assert reply["error"]["message"].endswith(".")


@pytest.mark.slow
async def test_an_object_of_ones_own(server: Server, tmp_path: Path) -> None:
    settings = documented("An object of your own")
    settings["SESSIONS_DATABASE"] = str(tmp_path / settings["SESSIONS_DATABASE"])
    with closing(sqlite3.connect(settings["SESSIONS_DATABASE"], isolation_level=None)) as sessions:
        sessions.execute("CREATE TABLE sessions (id TEXT PRIMARY KEY, user TEXT, name TEXT, ends_at INTEGER)")
        row = ("s-1", "Ada Lovelace", "Ada", int(time.time()) + 3600)
        sessions.execute("INSERT INTO sessions VALUES (?, ?, ?, ?)", row)
        async with open_stack(server, page=None, CHAT_CONNECTION_LIFETIME="10", **settings) as stack:
            cookie = "session=s-1"
            async with RawConnection.open(stack.url, headers={"Cookie": cookie}) as raw:
                assert raw.welcome["user"].startswith("x-")
                assert raw.welcome["name"] == "Ada"
                # What the hook keeps is not told.
                assert "s-1" not in str(raw.welcome)
                sessions.execute("DELETE FROM sessions")
                assert (await raw.closed(timeout=15))[0] == 3005
            assert await refused(stack, cookie=cookie) == (4501, "unauthorized")


async def revoke(environment: dict[str, str], user: str) -> None:
    """Run the command as an operator does."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "proxy_app",
        "revoke",
        user,
        cwd=PROJECT,
        env=inherited_environment() | environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    assert output.decode() == f"{user} was sent away.\n"


@pytest.mark.asyncio(loop_scope="session")
async def test_who_is_sent_away_is_out_everywhere_within_a_second_and_stays_out(cluster: Cluster) -> None:
    took = []
    for _ in range(3):
        took.append(await sent_away(cluster))
        print(f"out on all nodes {took[-1]:.2f} s after the command was entered")

    # The fastest, since the command is a process of its own, and starting one takes what the machine gives.
    assert min(took) <= 1


async def sent_away(cluster: Cluster) -> float:
    """Send somebody away who is connected to two nodes; return how long it took, in seconds."""
    async with cluster.client(node=0) as first, cluster.client(node=0) as bystander:
        token, user = first.token, first.welcome["user"]
        async with cluster.client(token, node=1) as second, cluster.client(token, node=1) as third:
            began = time.monotonic()
            revoking = asyncio.create_task(revoke(cluster.services[0].process.environment, user))
            for client in (first, second, third):
                with pytest.raises(TerminatedError, match="4501: revoked"):
                    await client.until(lambda: False, timeout=10)
            took = time.monotonic() - began
            await revoking
        for node in range(2):
            with pytest.raises(TerminatedError, match="4501: revoked"):
                async with cluster.client(token, node=node):
                    pass
        await talks(bystander)
    return took
