"""What tests need before they can run: the page, the embedded node, Go and Node.js in PATH."""

import os
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from proxy_app.launcher.centrifugo import build_embedded
from proxy_app.launcher.errors import ToolError
from proxy_app.launcher.frontend import build_page, install_packages
from proxy_app.launcher.places import read_places
from proxy_app.launcher.steps import Steps
from proxy_app.launcher.toolchain import find_go, find_node, install
from proxy_app.launcher.workshop import Workshop
from tests.stack.processes import inherited_environment
from tests.suites import Command, Outcome

CHOICES = ("CENTRIFUGO", "CENTRIFUGO_BINARY")
"""Variables that choose the servers to test with."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """How the preparation went, and what suites need of it."""

    outcome: Outcome
    npm: Command
    environment: dict[str, str]
    """The variables that suites see; settings of the product are not among them."""


async def prepare(*, build: bool) -> Prepared:
    """Install what is missing, and ``build`` what tests need.

    What can't be built fails here, and again in those suites that need it; the others still run.
    """
    began = time.monotonic()
    workshop = Workshop(read_places({}), Steps(), inherited_environment())
    failures: list[ToolError] = []
    folders: list[Path] = []
    npm: Command = ("npm",)
    try:
        node = await find_node(workshop)
        npm = node.npm
        folders.append(node.folder)
        await install_packages(workshop)
        if build:
            await build_page(workshop)
    except ToolError as exc:
        failures.append(exc)
    try:
        folders.append((await find_go(workshop)).parent)
        if build:
            await build_embedded(workshop)
    except ToolError as exc:
        failures.append(exc)
    if build:
        # Where it can't be installed, its tests are skipped, and say why.
        with suppress(ToolError):
            await install("demo", workshop, "--no-deps")
    for failure in failures:
        print(f"{failure.output}\n{failure}", flush=True)
    path = os.pathsep.join([*map(str, folders), os.environ.get("PATH", os.defpath)])
    chosen = {name: os.environ[name] for name in CHOICES if name in os.environ}
    told = "; ".join(map(str, failures))
    outcome = Outcome("preparing", "failed" if failures else "passed", time.monotonic() - began, told)
    return Prepared(outcome, npm, inherited_environment() | chosen | {"PATH": path})
