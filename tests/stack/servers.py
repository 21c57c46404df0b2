"""Which kinds of Centrifugo there are here: the embedded node, a binary, the official container."""

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from proxy_app.launcher.centrifugo import build_embedded
from proxy_app.launcher.places import Places
from proxy_app.launcher.steps import Steps
from proxy_app.launcher.workshop import Workshop

from .container import Container
from .processes import PROJECT, Child, Process, ProcessError, inherited_environment

Kind = Literal["embedded", "binary", "container"]


@dataclass(frozen=True, slots=True)
class Server:
    """One kind of Centrifugo."""

    kind: Kind

    async def process(
        self, places: Places, environment: Mapping[str, str], health: str, log: Path
    ) -> Process:
        """Return the server, not started yet, with the configuration that we ship."""
        match self.kind:
            case "container":
                return Container(environment, health, log)
            case "binary":
                if (program := _binary() or "") == "":
                    raise ProcessError(missing_servers()["binary"])
            case "embedded":
                workshop = Workshop(places, Steps(), inherited_environment())
                program = str(await build_embedded(workshop))
        command = [program, "-c", str(PROJECT / "centrifugo" / "config.json")]
        return Child(f"centrifugo ({self.kind})", command, environment, health, log)


def available_servers() -> list[Server]:
    """Return the kinds that tests run over here: the embedded node always, the container when asked for.

    Asking for the container where no engine is reachable makes its tests fail: who asks wants to know.
    """
    missing = missing_servers()
    kinds: list[Kind] = ["embedded", "binary", "container"]
    return [Server(kind) for kind in kinds if kind not in missing]


def missing_servers() -> dict[Kind, str]:
    """Return the kinds that are left out here, each with the reason."""
    missing: dict[Kind, str] = {}
    if _binary() is None:
        missing["binary"] = "there is no centrifugo on PATH, and CENTRIFUGO_BINARY is not set"
    if os.environ.get("CENTRIFUGO") != "container":
        missing["container"] = "it was not asked for with CENTRIFUGO=container"
    return missing


def _binary() -> str | None:
    return os.environ.get("CENTRIFUGO_BINARY") or shutil.which("centrifugo")
