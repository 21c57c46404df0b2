"""The benchmark itself works; what it measures is for nobody to assert."""

import subprocess
import sys

import pytest

from tests.stack.processes import PROJECT, inherited_environment

SUBJECTS = ("proxy_app", "tuned tutorial", "tutorial")


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_a_glance_measures_every_part() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench", "--quick"],
        cwd=PROJECT,
        env=inherited_environment(),
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    parts = [line[:3] for line in done.stdout.splitlines() if line.startswith("(")]
    assert sorted(parts) == ["(a)", "(b)", "(c)", "(d)"]
    for subject in SUBJECTS:
        assert any(line.startswith(f"| {subject} ") for line in done.stdout.splitlines()), done.stdout
