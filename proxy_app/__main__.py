"""The commands: ``up`` (``make run``), ``scale``, ``serve``, ``migrate``, ``revoke``, ``doctor``."""

import argparse
import asyncio
import os
import sys
from collections.abc import Callable, Mapping
from functools import partial

from .errors import ChatError, SettingsError
from .launcher.errors import SETTINGS_EXIT_CODE, ChildEndedError, ToolError


def main() -> int:
    """Run the command of the command line and return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m proxy_app", description="A chat over one WebSocket.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("up", help="prepare and start everything on this machine")
    commands.add_parser("scale", help="the same with two of everything, on PostgreSQL, Redis and nginx")
    commands.add_parser("serve", help="run the service alone, configured by the environment")
    commands.add_parser("migrate", help="bring the schema of CHAT_DATABASE_URL up to date")
    commands.add_parser("doctor", help="say what was found on this machine")
    revoking = commands.add_parser("revoke", help="send a user away at once, on every node")
    revoking.add_argument("user", metavar="USER", help="their id, as your login or as the chat knows it")
    arguments = parser.parse_args()
    if arguments.command == "revoke":
        run: Callable[[], int] = partial(_revoke, arguments.user)
    else:
        run = {"up": _up, "scale": _scale, "serve": _serve, "migrate": _migrate, "doctor": _doctor}[
            arguments.command
        ]
    try:
        return run()
    except SettingsError as exc:
        print(exc, file=sys.stderr)
        return SETTINGS_EXIT_CODE
    except ChatError as exc:
        if isinstance(exc, ToolError):
            print(exc.output, file=sys.stderr)
        print(exc, file=sys.stderr)
        settings_are_wrong = isinstance(exc, ChildEndedError) and exc.returncode == SETTINGS_EXIT_CODE
        return SETTINGS_EXIT_CODE if settings_are_wrong else 1


# Each command imports what it needs when it runs: the service starts without the launcher, and the other
# way round.
def _up() -> int:
    from .launcher.up import up

    asyncio.run(up())
    return 0


def _scale() -> int:
    from .launcher.scale import ScaledLaunch
    from .launcher.up import up

    asyncio.run(up(ScaledLaunch))
    return 0


def _serve() -> int:
    from .serve import serve
    from .settings import load_settings

    serve(load_settings())
    return 0


def _migrate() -> int:
    from .adapters.store.migrate import migrate

    url = os.environ.get("CHAT_DATABASE_URL")
    if not url:
        raise SettingsError("The setting CHAT_DATABASE_URL is missing.")
    if not url.startswith(("sqlite+aiosqlite://", "postgresql+asyncpg://")):
        raise SettingsError("The setting CHAT_DATABASE_URL is wrong: it looks like sqlite+aiosqlite:///FILE.")
    migrate(url)
    return 0


def _revoke(user: str) -> int:
    from .revoke import revoke

    variables: Mapping[str, str] = os.environ
    if "CHAT_CENTRIFUGO_API_URL" not in variables:
        from .launcher.service import variables_of_make_run

        variables = variables_of_make_run()
    names = ("CHAT_DATABASE_URL", "CHAT_CENTRIFUGO_API_URL", "CHAT_CENTRIFUGO_API_KEY")
    for name in names:
        if not variables.get(name):
            raise SettingsError(f"The setting {name} is missing.")
    database_url, api_url, api_key = (variables[name] for name in names)
    revoke(user, database_url=database_url, api_url=api_url, api_key=api_key)
    print(f"{user} was sent away.")
    return 0


def _doctor() -> int:
    from .launcher.doctor import examine

    return asyncio.run(examine())


if __name__ == "__main__":
    sys.exit(main())
