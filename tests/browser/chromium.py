"""How Chromium is started, by tests and by whatever else looks at the page."""

import shutil

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
"""A headless Chromium that asks nobody for anything, and runs as root, too."""
MISSING = "there is no chromium on PATH: install Debian's package chromium"


def find_chromium() -> str | None:
    """Return where Chromium is, if it is here."""
    return shutil.which("chromium")
