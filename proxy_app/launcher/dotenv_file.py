"""The file ``.env``: generated secrets, and whatever its owner keeps there."""

import os
import secrets
import tempfile
from collections.abc import Mapping
from pathlib import Path

import dotenv

GENERATED = ("CHAT_PROXY_SECRET", "CHAT_CENTRIFUGO_API_KEY", "CHAT_GUEST_SECRET")
"""Secrets that are made by chance on the first start."""
HEADER = """\
# Made on the first start. Keep it secret; whoever deletes it logs every guest out.
# OPENAI_API_KEY, OPENAI_BASE_URL, OPENAI_MODEL and every CHAT_... setting may stand here, too;
# variables of the environment win.
"""


def merged_environment(path: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment over what the file holds; empty variables count as none."""
    merged = {name: value for name, value in dotenv.dotenv_values(path, interpolate=False).items() if value}
    merged.update({name: value for name, value in environment.items() if value})
    return merged


def add_missing_secrets(path: Path, environment: Mapping[str, str]) -> list[str]:
    """Write the secrets that neither the file nor the environment has; return their names.

    What the file holds already is kept as it is.
    """
    known = merged_environment(path, environment)
    missing = [name for name in GENERATED if name not in known]
    if missing:
        before = path.read_text("utf-8") if path.exists() else HEADER
        if before and not before.endswith("\n"):
            before += "\n"
        replace_privately(path, before + "".join(f"{name}={secrets.token_urlsafe(32)}\n" for name in missing))
    return missing


def replace_privately(path: Path, text: str) -> None:
    """Write a file for its owner alone; readers see the old one or the new one, never half of it."""
    # mkstemp's files can be read by their owner alone.
    handle, temporary = tempfile.mkstemp(prefix=".env-", dir=path.parent)
    try:
        with open(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def newest_secret(value: str) -> str:
    """Return the first of one or two secrets that are separated by a comma: the one to prove oneself by."""
    return value.partition(",")[0].strip()
