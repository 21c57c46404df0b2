"""What tests need that a system may lack: they are skipped and say why, but in CI they fail."""

import os
from typing import NoReturn

import pytest

from proxy_app.launcher.scale_programs import missing_programs


def need_programs(*names: str) -> None:
    """Skip the test where one of ``postgres``, ``redis-server`` and ``nginx`` is not installed."""
    missing = missing_programs()
    for name in names:
        if name in missing:
            leave_out(name, missing[name])


def leave_out(name: str, package: str) -> NoReturn:
    """Skip the test because ``name`` is not installed, which is in Debian's ``package``."""
    reason = f"NOT TESTED: there is no {name} here (Debian's package {package})"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)
