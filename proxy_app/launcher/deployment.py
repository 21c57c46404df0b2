"""The secrets of a deployment of containers: one file for each, in a folder for each who needs them."""

import argparse
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from .dotenv_file import GENERATED, replace_privately

CENTRIFUGO = {
    "CENTRIFUGO_HTTP_API_KEY": "CHAT_CENTRIFUGO_API_KEY",
    "CENTRIFUGO_VAR_PROXY_SECRET": "CHAT_PROXY_SECRET",
}
"""What Centrifugo must know, and what the service calls it."""


def write_secrets(service: Path, centrifugo: Path, environment: Mapping[str, str]) -> None:
    """Write every secret: the one of the environment, else the one that is there, else a new one."""
    values = {name: environment.get(name) or _stored(service / name) for name in GENERATED}
    for name, value in values.items():
        replace_privately(service / name, value)
    for name, ours in CENTRIFUGO.items():
        replace_privately(centrifugo / name, values[ours])


def _stored(path: Path) -> str:
    return path.read_text("utf-8") if path.exists() else secrets.token_urlsafe(32)


def main() -> None:
    """Write the secrets into two folders."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("service", type=Path, help="folder that only the service reads")
    parser.add_argument("centrifugo", type=Path, help="folder that only Centrifugo reads")
    arguments = parser.parse_args()
    write_secrets(arguments.service, arguments.centrifugo, os.environ)


if __name__ == "__main__":
    main()
