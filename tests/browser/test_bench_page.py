"""The benchmark of the page works; what it measures is for nobody to assert."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.stack.processes import PROJECT, inherited_environment

MEASURED = ("First load: ", "Streaming: ", "A conversation of ", "Memory: ")


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_a_glance_measures_every_part(built_page: Path, chromium_path: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench.page", "--quick"],
        cwd=PROJECT,
        env=inherited_environment(),
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    for part in MEASURED:
        assert any(line.startswith(part) for line in lines), done.stdout
    head = next(at for at, line in enumerate(lines) if "goal, at most" in line)
    assert sum(line.startswith("| ") for line in lines[head + 2 :]) == 8, done.stdout
