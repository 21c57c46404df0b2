"""Which model answers: the user's own, else the small one on this machine, else the scripted answerer."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass

import aiohttp
from yarl import URL

from .child import Child
from .children import Children
from .errors import StartError, ToolError
from .places import LOOPBACK, unused_port
from .roundtrip import answers
from .toolchain import install
from .workshop import Workshop

DEMO_LABEL = "SmolLM2 135M, a demo model on this machine"
SCRIPTED_LABEL = "a scripted answerer, no model"


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
        name = settings.get("OPENAI_MODEL", "its first model").split(",")[0].strip()
        return Model(f"{name} at {URL(settings.get('OPENAI_BASE_URL', 'https://api.openai.com')).host}", {})
    try:
        await install("demo", workshop, "--no-deps")
        return await _start("demo_model", "Demo model", DEMO_LABEL, workshop, children, http)
    except ToolError as exc:
        workshop.steps.say(f"{exc} The end of what pip said:\n{exc.output}")
    except StartError as exc:
        workshop.steps.say(f"The demo model can't run here: {exc}")
    workshop.steps.say(
        "A scripted answerer takes the place of the demo model; set OPENAI_API_KEY or OPENAI_BASE_URL."
    )
    return await _start("scripted_model", "Scripted answerer", SCRIPTED_LABEL, workshop, children, http)


async def _start(
    module: str, name: str, label: str, workshop: Workshop, children: Children, http: aiohttp.ClientSession
) -> Model:
    port = unused_port()
    with workshop.steps.step(f"starting {label}"):
        child: Child = await children.start(
            "model",
            [sys.executable, "-m", f"proxy_app.launcher.{module}", "--port", str(port)],
            environment=workshop.environment,
            folder=workshop.places.root,
        )
        await child.until_ready(answers(http, f"http://{LOOPBACK}:{port}/health"), timeout=60)
    url = f"http://{LOOPBACK}:{port}/v1"
    return Model(label, {"OPENAI_BASE_URL": url, "CHAT_MODEL_NAME": name, "CHAT_MODEL_DEMO": "true"})
