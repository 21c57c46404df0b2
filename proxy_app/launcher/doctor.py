"""Says what was found on this machine: the command ``doctor``."""

import os
import platform
import shutil
from collections.abc import Iterator, Mapping

import aiohttp

from ..errors import SettingsError
from .centrifugo import embedded_path
from .dotenv_file import merged_environment
from .errors import StartError
from .places import Places, check_port, read_places
from .toolchain import go_on_path, node_on_path, tool_version
from .up import DOTENV

Row = tuple[str, str]


async def examine() -> int:
    """Print the table; return 1 if the model that was chosen does not answer, else 0.

    Raises:
        SettingsError: A setting is wrong.
    """
    settings = merged_environment(DOTENV, os.environ)
    places = read_places(settings)
    model, answers = await _model(settings)
    rows = [*_tools(places), *_files(places), *_ports(places), ("Model", model)]
    width = max(len(name) for name, _ in rows)
    for name, found in rows:
        print(f"{name:<{width}}  {found}")
    return 0 if answers else 1


def _tools(places: Places) -> Iterator[Row]:
    yield "Python", platform.python_version()
    go, node = go_on_path(), node_on_path()
    yield "Go", str(go) if go else "none that is new enough: it will be installed from PyPI"
    yield "Node.js", str(node) if node else "none that is new enough: it will be installed from PyPI"
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    yield "Chromium", chromium or "none: the browser tests can't run"
    outside = shutil.which("centrifugo") if places.centrifugo == "auto" else places.centrifugo
    if outside is None or outside == "embedded":
        built = "built" if embedded_path(places.root).exists() else "to be built on the next start"
        yield "Centrifugo", f"the embedded node, {built}"
    else:
        version = tool_version(outside, "version")
        yield "Centrifugo", f"{outside} {'.'.join(map(str, version)) if version else '(of unknown version)'}"


def _files(places: Places) -> Iterator[Row]:
    yield "Secrets", str(DOTENV) if DOTENV.exists() else "to be made on the next start"
    yield "State", f"{places.state}{'' if places.state.exists() else ', to be made on the next start'}"


def _ports(places: Places) -> Iterator[Row]:
    for variable, port in places.ports.items():
        try:
            check_port(variable, port)
        except StartError as exc:
            yield variable, str(exc)
        else:
            yield variable, f"{port} is free"


async def _model(settings: Mapping[str, str]) -> tuple[str, bool]:
    base, key = settings.get("OPENAI_BASE_URL"), settings.get("OPENAI_API_KEY")
    if not base and not key:
        return "the demo model, or the scripted answerer where that can't run", True
    url = f"{(base or 'https://api.openai.com/v1').rstrip('/')}/models"
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    limit = aiohttp.ClientTimeout(total=10)
    try:
        async with aiohttp.ClientSession(timeout=limit) as http, http.get(url, headers=headers) as response:
            if response.status == 200:
                return f"{url} answers", True
            return f"{url} answers with status {response.status}", False
    except aiohttp.InvalidURL:
        raise SettingsError("The setting OPENAI_BASE_URL is wrong: it is no URL.") from None
    except (aiohttp.ClientError, TimeoutError) as exc:
        return f"{url} can't be reached ({type(exc).__name__})", False
