"""Serves the built page on this machine, with the headers that nginx sends elsewhere."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from aiohttp import web

from .policy import NOBODY, SECURITY_HEADERS, content_security_policy

CONTENT_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}
"""What the page may consist of; the system's own table differs from machine to machine."""
PLACEHOLDER = '<meta name="chat-websocket-url" content="">'
"""Where the page learns Centrifugo's address; empty, as it is built, means its own."""
HOSTS = frozenset({"localhost", "127.0.0.1"})
"""Names that the page is served by: any other, pointed here by its owner, could read what is meant for us."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def create_page_app(folder: Path, *, centrifugo_port: int, frame_ancestors: str = NOBODY) -> web.Application:
    """Serve the files of a folder as they are named now; other paths do not exist.

    Args:
        folder: The built page: ``index.html`` and ``assets/``, whose names carry a hash.
        centrifugo_port: Where Centrifugo listens on this machine.
        frame_ancestors: Whose frames may show the page.
    """
    files = {f"/{path.relative_to(folder).as_posix()}": path for path in folder.rglob("*") if path.is_file()}
    index = (folder / "index.html").read_text("utf-8")

    async def serve(request: web.Request) -> web.StreamResponse:
        host = request.url.host
        if host not in HOSTS:
            return web.Response(status=421, text=f"Open http://localhost:{request.url.port}/ instead.\n")
        websocket = f"ws://{host}:{centrifugo_port}"
        policy = content_security_policy(websocket=websocket, frame_ancestors=frame_ancestors)
        headers = SECURITY_HEADERS | {"Content-Security-Policy": policy}
        if request.path in {"/", "/index.html"}:
            filled = PLACEHOLDER.replace('""', f'"{websocket}/connection/websocket"')
            headers |= {"Cache-Control": "no-cache", "Content-Type": CONTENT_TYPES[".html"]}
            return web.Response(text=index.replace(PLACEHOLDER, filled), headers=headers)
        path = files.get(request.path)
        if path is None or path.suffix not in CONTENT_TYPES:
            return web.Response(status=404, text="There is nothing here.\n", headers=headers)
        lasting = request.path.startswith("/assets/")
        headers["Cache-Control"] = "public, max-age=31536000, immutable" if lasting else "no-cache"
        headers["Content-Type"] = CONTENT_TYPES[path.suffix]
        return web.FileResponse(path, headers=headers)

    app = web.Application()
    app.router.add_get("/{path:.*}", serve)
    return app
