"""The README tells the truth about settings."""

import re
from pathlib import Path

from proxy_app.settings import Settings

ROOT = Path(__file__).parents[2]


def test_the_readme_lists_every_setting_with_its_default() -> None:
    rows = dict(re.findall(r"^\| `([A-Z_]+)` \| (.*?) \|", (ROOT / "README.md").read_text(), re.MULTILINE))
    for name, field in Settings.model_fields.items():
        variable = name.upper() if name.startswith("openai_") else f"CHAT_{name.upper()}"
        assert rows[variable] == told(field.is_required(), field.default), variable


def told(required: bool, default: object) -> str:
    if required:
        return "required"
    if default is None or default == () or default == {}:
        return ""
    if isinstance(default, bool):
        return "`on`" if default else "`off`"
    if isinstance(default, tuple):
        return f"`{','.join(default)}`"
    return f"`{default:g}`" if isinstance(default, float) else f"`{default}`"


def test_every_file_that_the_readme_names_is_there() -> None:
    for name in re.findall(
        r"`((?:tests|proxy_app|docs|centrifugo|frontend)/[\w./-]+)`", (ROOT / "README.md").read_text()
    ):
        assert (ROOT / name).exists(), name
