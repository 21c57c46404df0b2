"""The page server: right types, right caching, the policy, and nothing beside the page."""

import asyncio
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.pytest_plugin import AiohttpClient
from aiohttp.test_utils import TestClient

from proxy_app.launcher.page import PLACEHOLDER, create_page_app

FRONTEND = Path(__file__).parents[2] / "frontend"
Page = TestClient[web.Request, web.Application]
INDEX = f"<!doctype html>\n<head>{PLACEHOLDER}</head>"


@pytest.fixture
async def page(tmp_path: Path, aiohttp_client: AiohttpClient) -> Page:
    folder = tmp_path / "dist"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text(INDEX)
    (folder / "assets" / "index-abc.js").write_text("1;")
    (folder / "assets" / "index-abc.css").write_text("a{}")
    (folder / "assets" / "font.woff2").write_bytes(b"\0")
    (folder / "icon.svg").write_text("<svg/>")
    (folder / "worker.js").write_text("1;")
    (folder / "notes.exe").write_text("not for the web")
    (tmp_path / "secret.txt").write_text("secret")
    return await aiohttp_client(create_page_app(folder, centrifugo_port=8123))


@pytest.mark.parametrize("path", ["/", "/index.html", "/?conversation=1"])
async def test_the_page_learns_where_centrifugo_is(page: Page, path: str) -> None:
    response = await page.get(path)

    assert response.status == 200
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    assert response.headers["Cache-Control"] == "no-cache"
    assert 'content="ws://127.0.0.1:8123/connection/websocket"' in await response.text()


async def test_the_built_page_asks_for_the_address() -> None:
    assert (FRONTEND / "index.html").read_text().count(PLACEHOLDER) == 1


async def test_localhost_speaks_to_localhost(page: Page) -> None:
    response = await page.get("/", headers={"Host": "localhost:9000"})

    assert "ws://localhost:8123/connection/websocket" in await response.text()
    assert "connect-src 'self' ws://localhost:8123;" in response.headers["Content-Security-Policy"]


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example:80", "[::1]", 'x"><script>', ""])
async def test_other_names_are_turned_away(page: Page, host: str) -> None:
    response = await page.get("/", headers={"Host": host})

    assert response.status in {400, 421}
    assert "ws://" not in await response.text()
    assert "evil" not in str(response.headers)


@pytest.mark.parametrize("path", ["/", "/assets/index-abc.js", "/icon.svg", "/missing"])
async def test_every_answer_carries_the_policy(page: Page, path: str) -> None:
    headers = (await page.get(path)).headers

    policy = headers["Content-Security-Policy"]
    for rule in (
        "default-src 'none'",
        "script-src 'self'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types onesocket-worker",
    ):
        assert rule in policy.split("; ")
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize(
    ("path", "content_type", "lasting"),
    [
        ("/assets/index-abc.js", "text/javascript; charset=utf-8", True),
        ("/assets/index-abc.css", "text/css; charset=utf-8", True),
        ("/assets/font.woff2", "font/woff2", True),
        ("/icon.svg", "image/svg+xml", False),
        # Else nobody would ever hear of a newer one.
        ("/worker.js", "text/javascript; charset=utf-8", False),
    ],
)
async def test_types_and_caching(page: Page, path: str, content_type: str, lasting: bool) -> None:
    response = await page.get(path)

    assert response.status == 200
    assert response.headers["Content-Type"] == content_type
    assert ("immutable" in response.headers["Cache-Control"]) is lasting
    assert lasting or response.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("path", ["/missing", "/assets/", "/assets", "/notes.exe", "/assets/missing.js"])
async def test_what_is_no_part_of_the_page_is_not_there(page: Page, path: str) -> None:
    response = await page.get(path)

    assert response.status == 404
    assert "immutable" not in response.headers.get("Cache-Control", "")


@pytest.mark.parametrize(
    "target",
    [
        "/../secret.txt",
        "/assets/../../secret.txt",
        "/%2e%2e/secret.txt",
        "/..%2fsecret.txt",
        "//secret.txt",
        "/assets/..%5c..%5csecret.txt",
        "/index.html%00.txt",
    ],
)
async def test_no_path_leads_out_of_the_page(page: Page, target: str) -> None:
    # By hand: clients tidy such paths up before they send them.
    reader, writer = await asyncio.open_connection("127.0.0.1", page.port)
    writer.write(f"GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()

    assert answer.split()[1] in {b"404", b"400"}
    assert b"\r\n\r\nsecret" not in answer


async def test_only_reading_is_possible(page: Page) -> None:
    assert (await page.post("/")).status == 405
    assert (await page.head("/")).status == 200
