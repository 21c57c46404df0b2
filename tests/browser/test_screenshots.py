"""The command that takes the pictures works; whether they please is for people to say."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.stack.processes import PROJECT, inherited_environment


@pytest.mark.slow
@pytest.mark.timeout(90)
def test_a_scene_becomes_a_picture(built_page: Path, chromium_path: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.screenshots", "table", "--folder", str(tmp_path)],
        cwd=PROJECT,
        env=inherited_environment(),
        capture_output=True,
        text=True,
        timeout=80,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    for name in ("table", "table-phone-dark"):
        picture = (tmp_path / f"{name}.webp").read_bytes()
        assert picture[:4] == b"RIFF"
        assert picture[8:12] == b"WEBP"
        assert 10_000 < len(picture) < 120_000
