"""The form of JSON: names and types, to be held against the examples in ``tests/contract``."""

import json
from pathlib import Path
from typing import Any

EXAMPLES: dict[str, Any] = json.loads((Path(__file__).parents[1] / "contract" / "events.json").read_text())


def form(value: object) -> object:
    """Return a value's form: its names, and the types beneath them; of a list, that of its first item."""
    if isinstance(value, dict):
        return {name: form(item) for name, item in value.items()}
    if isinstance(value, list):
        return [form(item) for item in value[:1]]
    return type(value).__name__


def reply_form(name: str) -> object:
    """Return the form of a reply of the contract."""
    return form(EXAMPLES["replies"][name])
