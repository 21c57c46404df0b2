"""What tests need that a system may lack: they are skipped and say why, but in CI they fail."""

import os

import pytest

from proxy_app.launcher.scale_programs import missing_programs


def need_programs(*names: str) -> None:
    """Skip the test where one of ``postgres``, ``redis-server`` and ``nginx`` is not installed."""
    missing = missing_programs()
    for name in names:
        if name in missing:
            reason = f"NOT TESTED: there is no {name} here (Debian's package {missing[name]})"
            if os.environ.get("CI"):
                pytest.fail(reason)
            pytest.skip(reason)
