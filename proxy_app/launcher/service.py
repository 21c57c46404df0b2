"""The service as a child of the launcher: what it is told, and its database."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from .dotenv_file import merged_environment
from .environment import ROOT
from .model import Model
from .places import LOOPBACK, Places, read_places

COMMAND = (sys.executable, "-m", "proxy_app", "serve")
GRACE = 5.0
"""Seconds that answers under way have to finish at Ctrl+C, unless ``CHAT_SHUTDOWN_GRACE`` says otherwise."""


def database_url(settings: Mapping[str, str], state: Path) -> str:
    """Return the database that was asked for, else a file in the state folder."""
    return settings.get("CHAT_DATABASE_URL") or f"sqlite+aiosqlite:///{state / 'chat.db'}"


def api_url(places: Places) -> str:
    """Return where Centrifugo's server API is."""
    return f"http://{LOOPBACK}:{places.centrifugo_internal_port}/api"


def variables_of_make_run() -> dict[str, str]:
    """Return where the database and Centrifugo of ``make run`` are, and its secrets.

    Raises:
        SettingsError: A setting is wrong.
    """
    settings = merged_environment(ROOT / ".env", os.environ)
    places = read_places(settings)
    return dict(settings) | {
        "CHAT_DATABASE_URL": database_url(settings, places.state),
        "CHAT_CENTRIFUGO_API_URL": api_url(places),
    }


def service_environment(
    places: Places, settings: Mapping[str, str], tools: Mapping[str, str], model: Model
) -> dict[str, str]:
    """Return all variables that the service sees.

    Args:
        places: Where everything is.
        settings: The user's settings and the generated secrets.
        tools: The rest of the environment.
        model: Who answers.
    """
    chosen = {name: value for name, value in settings.items() if name.startswith(("CHAT_", "OPENAI_"))}
    return (
        dict(tools)
        | {"CHAT_SHUTDOWN_GRACE": str(GRACE)}
        | chosen
        | {
            "CHAT_HOST": LOOPBACK,
            "CHAT_PORT": str(places.service_port),
            "CHAT_CENTRIFUGO_API_URL": api_url(places),
            "CHAT_DATABASE_URL": database_url(settings, places.state),
        }
        | dict(model.variables)
    )


def stop_patience(settings: Mapping[str, str]) -> float:
    """Return how many seconds the service may take to stop: its grace, and some for itself."""
    try:
        return float(settings.get("CHAT_SHUTDOWN_GRACE", GRACE)) + 10
    except ValueError:  # The service will say so itself.
        return GRACE
