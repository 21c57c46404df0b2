"""Which model answers: the user's own, else the small one on this machine, else the scripted answerer."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass

import aiohttp
from yarl import URL

from ..errors import SettingsError
from .children import Children
from .errors import StartError, ToolError
from .places import LOOPBACK, unused_port
from .roundtrip import answers
from .toolchain import install
from .workshop import Workshop

DEMO_LABEL = "SmolLM2 135M, a demo model on this machine"
SCRIPTED_LABEL = "a scripted answerer, no model"
LONGEST_START = 60.0
"""Seconds that a model may take to load."""
DEMO_LIMITS = {"CHAT_MAX_CONTEXT": "6000", "CHAT_MAX_OUTPUT_TOKENS": "1024"}
"""What fits into the demo model's context of 4,096 tokens, and is read in about ten seconds."""


@dataclass(frozen=True, slots=True)
class Model:
    """A model that can be asked, and the variables that tell the service about it."""

    label: str
    variables: Mapping[str, str]


async def start_model(
    settings: Mapping[str, str], workshop: Workshop, children: Children, http: aiohttp.ClientSession
) -> Model:
    """Return the user's model, or start the best that this machine has.

    Raises:
        StartError: Not even the scripted answerer starts.
    """
    if settings.get("OPENAI_BASE_URL") or settings.get("OPENAI_API_KEY"):
        return Model(_label(settings), {})
    try:
        await install("demo", workshop, "--no-deps")
        url = await _start("demo_model", DEMO_LABEL, workshop, children, http)
        limits = {name: value for name, value in DEMO_LIMITS.items() if name not in settings}
        return Model(DEMO_LABEL, _variables(url, "Demo model") | limits)
    except ToolError as exc:
        workshop.steps.say(f"{exc} What pip said last:\n{exc.output}")
    except StartError as exc:
        workshop.steps.say(f"The demo model can't run here: {exc}")
    workshop.steps.say("A scripted answerer takes its place. For a real model set OPENAI_API_KEY.")
    url = await _start("scripted_model", SCRIPTED_LABEL, workshop, children, http)
    return Model(SCRIPTED_LABEL, _variables(url, "Scripted answerer"))


def _label(settings: Mapping[str, str]) -> str:
    try:
        host = URL(settings.get("OPENAI_BASE_URL", "https://api.openai.com")).host
    except ValueError:
        raise SettingsError("The setting OPENAI_BASE_URL is wrong: it is no URL.") from None
    name = settings.get("OPENAI_MODEL", "").split(",")[0].strip()
    return f"{name or 'the first'} of {host}"


def _variables(url: str, name: str) -> dict[str, str]:
    return {"OPENAI_BASE_URL": url, "OPENAI_MODEL": "", "CHAT_MODEL_NAME": name, "CHAT_MODEL_DEMO": "true"}


async def _start(
    module: str, label: str, workshop: Workshop, children: Children, http: aiohttp.ClientSession
) -> str:
    port = unused_port()
    with workshop.steps.step(f"starting {label}"):
        child = await children.start(
            "model",
            [sys.executable, "-m", f"proxy_app.launcher.{module}", "--port", str(port)],
            environment=workshop.environment,
            folder=workshop.places.root,
        )
        await child.until_ready(answers(http, f"http://{LOOPBACK}:{port}/health"), timeout=LONGEST_START)
    return f"http://{LOOPBACK}:{port}/v1"
