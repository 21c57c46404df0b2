"""Which Centrifugo runs, how the embedded node is built, and what either is told."""

import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from .dotenv_file import newest_secret
from .environment import ROOT
from .fingerprint import fingerprint
from .places import LOOPBACK, Places
from .toolchain import find_go, tool_version
from .workshop import Workshop

CONFIGURED_FOR = 6
"""Major version of Centrifugo that ``centrifugo/config.json`` is written for."""
FROM_SOURCE = 0
"""What a Centrifugo says that somebody built from its sources."""


@dataclass(frozen=True, slots=True)
class Binary:
    """A program that speaks Centrifugo's protocols, and what to call it."""

    path: Path
    label: str


async def find_centrifugo(workshop: Workshop) -> Binary:
    """Return the Centrifugo that was asked for, building the embedded node if it is needed.

    Raises:
        ToolError: The embedded node can't be built.
    """
    choice = workshop.places.centrifugo
    if choice not in {"auto", "embedded"}:
        return _outside(Path(choice))
    if choice == "auto" and (found := shutil.which("centrifugo")):
        outside = _outside(Path(found))
        version = tool_version(found, "version")
        if version is not None and version[0] in {CONFIGURED_FOR, FROM_SOURCE}:
            return outside
        workshop.steps.say(f"{found} is no Centrifugo {CONFIGURED_FOR}, so the embedded node is used.")
    return Binary(await build_embedded(workshop), "the embedded node")


def embedded_path(root: Path = ROOT) -> Path:
    """Return where the embedded node is, once it was built from the sources as they are now."""
    return root / ".cache" / f"centrifugo-{fingerprint(root / 'centrifugo' / 'embedded')[:16]}"


async def build_embedded(workshop: Workshop) -> Path:
    """Build the embedded node from its sources, unless this very one was built before.

    Raises:
        ToolError: There is no Go, or the build failed.
    """
    binary = embedded_path(workshop.places.root)
    if binary.exists():
        return binary
    go = await find_go(workshop)
    binary.parent.mkdir(exist_ok=True)
    unfinished = binary.with_name(f"{binary.name}.unfinished")
    settings = {"CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOFLAGS": "-mod=readonly", "GOWORK": "off"}
    with workshop.steps.step("building the embedded node (about a minute, once)", slow=True):
        await workshop.run(
            [go, "build", "-trimpath", "-ldflags", "-s -w", "-o", unfinished, "."],
            variables=settings,
            folder=workshop.places.root / "centrifugo" / "embedded",
            failure="The embedded node could not be built. Is the Go module proxy within reach?",
        )
    unfinished.replace(binary)
    for old in binary.parent.glob("centrifugo-*"):
        if old != binary:
            with suppress(OSError):
                old.unlink()
    return binary


def centrifugo_environment(
    places: Places, *, api_key: str, proxy_secret: str, overrides: Mapping[str, str]
) -> dict[str, str]:
    """Return the variables that a Centrifugo of this copy needs; secrets travel in no other way.

    Args:
        places: Where everything is.
        api_key: Key of the server API.
        proxy_secret: What Centrifugo proves itself by to the service, and perhaps what it did before.
        overrides: The user's own ``CENTRIFUGO_`` variables; what both sides must agree on is ours.
    """
    service = f"http://{LOOPBACK}:{places.service_port}/centrifugo"
    origins = [*places.origins, *overrides.get("CENTRIFUGO_CLIENT_ALLOWED_ORIGINS", "").split()]
    return dict(overrides) | {
        "CENTRIFUGO_HTTP_SERVER_ADDRESS": LOOPBACK,
        "CENTRIFUGO_HTTP_SERVER_PORT": str(places.centrifugo_port),
        "CENTRIFUGO_HTTP_SERVER_INTERNAL_ADDRESS": LOOPBACK,
        "CENTRIFUGO_HTTP_SERVER_INTERNAL_PORT": str(places.centrifugo_internal_port),
        "CENTRIFUGO_HTTP_API_KEY": api_key,
        "CENTRIFUGO_VAR_PROXY_SECRET": newest_secret(proxy_secret),
        "CENTRIFUGO_CLIENT_ALLOWED_ORIGINS": " ".join(origins),
        "CENTRIFUGO_CLIENT_PROXY_CONNECT_ENDPOINT": f"{service}/connect",
        "CENTRIFUGO_CLIENT_PROXY_REFRESH_ENDPOINT": f"{service}/refresh",
        "CENTRIFUGO_RPC_PROXY_ENDPOINT": f"{service}/rpc",
    }


def _outside(path: Path) -> Binary:
    version = tool_version(path, "version")
    number = ".".join(map(str, version)) if version else "of unknown version"
    return Binary(path, f"Centrifugo {number} ({path})")
