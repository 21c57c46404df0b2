"""The pictures in the repository are small, and those that documents show are there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / "docs" / "screenshots"


def test_pictures_are_small() -> None:
    sizes = {path.name: path.stat().st_size for path in PICTURES.glob("*.webp")}

    assert {name for name, size in sizes.items() if size > 120_000} == set()
    assert 0 < sum(sizes.values()) < 1_200_000


def test_the_readme_shows_two_of_them() -> None:
    shown = re.findall(r"!\[[^]]+\]\(([^)]+)\)", (ROOT / "README.md").read_text("utf-8"))

    assert len(shown) == 2
    assert all((ROOT / name).is_file() for name in shown)
