"""Ports and folders of one copy, as the environment wants them."""

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..errors import SettingsError
from .environment import ROOT
from .errors import StartError

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Places:
    """Where everything of one copy is."""

    page_port: int
    centrifugo_port: int
    centrifugo_internal_port: int
    service_port: int
    state: Path
    """Folder of what must be kept: the database."""
    centrifugo: str
    """``auto``, ``embedded`` or the path of a binary."""
    root: Path = ROOT
    """Folder of the sources."""

    @property
    def cache(self) -> Path:
        """Folder of what can be made again."""
        return self.root / ".cache"

    @property
    def origins(self) -> tuple[str, ...]:
        """Addresses that the page is opened by."""
        return tuple(f"http://{host}:{self.page_port}" for host in ("localhost", LOOPBACK))

    @property
    def ports(self) -> dict[str, int]:
        """Every port, by the variable that chooses it."""
        return {
            "CHAT_PAGE_PORT": self.page_port,
            "CHAT_CENTRIFUGO_PORT": self.centrifugo_port,
            "CHAT_CENTRIFUGO_INTERNAL_PORT": self.centrifugo_internal_port,
            "CHAT_PORT": self.service_port,
        }


def read_places(environment: Mapping[str, str]) -> Places:
    """Read where things are to be; an empty variable counts as none.

    Raises:
        SettingsError: A port is no port, two are the same, or the binary is none.
    """
    places = Places(
        page_port=_port(environment, "CHAT_PAGE_PORT", 9000),
        centrifugo_port=_port(environment, "CHAT_CENTRIFUGO_PORT", 8000),
        centrifugo_internal_port=_port(environment, "CHAT_CENTRIFUGO_INTERNAL_PORT", 8001),
        service_port=_port(environment, "CHAT_PORT", 8080),
        state=Path(environment.get("CHAT_STATE_DIR") or ROOT / "var").absolute(),
        centrifugo=_centrifugo(environment.get("CHAT_CENTRIFUGO") or "auto"),
    )
    taken: dict[int, str] = {}
    for variable, port in places.ports.items():
        if port in taken:
            raise SettingsError(
                f"The settings {taken[port]} and {variable} are both {port}: they must differ."
            )
        taken[port] = variable
    return places


def check_port(variable: str, port: int) -> None:
    """Make sure that nobody listens where we will.

    Raises:
        StartError: Somebody does, or the port may not be used.
    """
    with socket.socket() as probe:
        # Connections of a copy that has just ended may linger; they are in nobody's way.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except PermissionError:
            raise StartError(
                f"Port {port} is not for ordinary users: choose another with {variable}."
            ) from None
        except OSError:
            raise StartError(
                f"Port {port} is in use: stop what listens there, or choose another with {variable}."
            ) from None


def unused_port() -> int:
    """Return a port that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def _port(environment: Mapping[str, str], variable: str, default: int) -> int:
    text = environment.get(variable) or str(default)
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 65535):
        raise SettingsError(f"The setting {variable} is wrong: a port is a number from 1 to 65535.")
    return int(text)


def _centrifugo(choice: str) -> str:
    if choice in {"auto", "embedded"}:
        return choice
    path = Path(choice).absolute()
    if not (path.is_file() and os.access(path, os.X_OK)):
        raise SettingsError(
            f"The setting CHAT_CENTRIFUGO is wrong: {choice} is neither auto, nor embedded, nor a program."
        )
    return str(path)
