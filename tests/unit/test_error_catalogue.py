"""docs/errors.md says what the code says."""

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


def test_reasons_are_short_enough_for_clients() -> None:
    reasons = [reason for _, reason in refusals()]

    assert reasons
    assert all(len(reason.encode("ascii")) <= 32 for reason in reasons)
