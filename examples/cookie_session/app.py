"""An application with a login of its own and a session cookie; any framework can do what it does.

The chat asks ``/whoami`` with the visitor's cookie: that is all there is to it. Run it with
``python examples/cookie_session/app.py --port 3000``.
"""

import argparse
import secrets

from aiohttp import web

USERS = {"ada": "correct horse", "bob": "battery staple"}
"""Names and passwords; yours are hashed, and somewhere else."""
SESSIONS = web.AppKey("sessions", dict[str, str])
FORM = """<!doctype html><title>Log in</title>
<form method="post" action="/login">
<input name="name" aria-label="Name"> <input name="password" type="password" aria-label="Password">
<button>Log in</button></form>"""

routes = web.RouteTableDef()


@routes.get("/login")
async def form(_request: web.Request) -> web.Response:
    """Show the form."""
    return web.Response(text=FORM, content_type="text/html")


@routes.post("/login")
async def login(request: web.Request) -> web.Response:
    """Begin a session, and go to the chat."""
    fields = await request.post()
    name, password = str(fields.get("name", "")), str(fields.get("password", ""))
    if not secrets.compare_digest(USERS.get(name, "").encode(), password.encode()) or not password:
        return web.Response(status=403, text="Wrong name or password.")
    session = secrets.token_urlsafe()
    request.app[SESSIONS][session] = name
    answer = web.Response(status=303, headers={"Location": "/"})
    # Lax keeps other sites from opening the chat's WebSocket in the visitor's name.
    answer.set_cookie("session", session, httponly=True, samesite="Lax")
    return answer


@routes.post("/logout")
async def logout(request: web.Request) -> web.Response:
    """End the session; the chat notices when it asks the next time."""
    request.app[SESSIONS].pop(request.cookies.get("session", ""), None)
    return web.Response(status=303, headers={"Location": "/login"})


@routes.get("/whoami")
async def whoami(request: web.Request) -> web.Response:
    """Tell the chat whose cookie this is; nginx lets nobody else ask."""
    name = request.app[SESSIONS].get(request.cookies.get("session", ""))
    if name is None:
        return web.Response(status=401)
    # `limits` and `expires_in` may be left out.
    return web.json_response({"user": name, "name": name.title(), "limits": {"runs": 4}, "expires_in": 3600})


def create_app() -> web.Application:
    """Put the application together."""
    app = web.Application()
    app[SESSIONS] = {}
    app.add_routes(routes)
    return app


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=3000)
    web.run_app(create_app(), host="127.0.0.1", port=parser.parse_args().port)
