"""docs/errors.md says what the code says."""

import re
from pathlib import Path

from proxy_app.errors import ClientError, ModelError
from tests.error_catalogue import catalogue, refusals

PAGE = Path(__file__).parents[2] / "docs" / "errors.md"


def test_the_page_is_the_codes() -> None:
    assert PAGE.read_text() == catalogue(), "run: python -m tests.error_catalogue > docs/errors.md"


def test_every_error_is_on_the_page() -> None:
    page = PAGE.read_text()

    assert ClientError.__subclasses__()
    assert all(f"\n| {kind.code} | " in page for kind in ClientError.__subclasses__())
    assert all(f"\n| `{kind.code}` | " in page for kind in ModelError.__subclasses__())


def test_every_terminal_code_that_is_told_of_anywhere_is_on_the_page() -> None:
    told = " ".join(path.read_text() for path in PAGE.parent.glob("*.md"))
    codes = set(re.findall(r"disconnect (\d{4})\b(?!-)", told))

    assert codes >= {"3504", "4501", "4502"}
    assert [code for code in codes if f"\n| {code} | `" not in PAGE.read_text()] == []


def test_reasons_are_short_enough_for_clients() -> None:
    reasons = [reason for _, reason in refusals()]

    assert reasons
    assert all(len(reason.encode("ascii")) <= 32 for reason in reasons)
