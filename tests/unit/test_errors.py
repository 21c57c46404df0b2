"""The tables of docs/protocol.md §6, and the classes that are raised."""

import re
from pathlib import Path

import pytest

from proxy_app.errors import ChatError, ClientError, ModelError, NotAuthenticatedError

PROTOCOL = (Path(__file__).parents[2] / "docs" / "protocol.md").read_text()
CLIENT_ROWS = {
    int(code): (name, bool(temporary))
    for code, name, temporary in re.findall(r"^\| (1\d{3}) \| (\w+)( \(temporary\))? \|", PROTOCOL, re.M)
}
MODEL_CODES = set(re.findall(r"^\| `(\w+)` \| ", PROTOCOL.split("## 6. Errors")[1], re.M))


def test_client_errors_are_those_of_the_protocol() -> None:
    assert len(CLIENT_ROWS) == 10
    raised = {}
    for kind in ClientError.__subclasses__():
        words = re.findall("[A-Z][a-z]+", kind.__name__.removesuffix("Error"))
        raised[kind.code] = ("_".join(words).lower(), kind.temporary)

    assert raised == CLIENT_ROWS


def test_model_errors_are_those_of_the_protocol() -> None:
    assert {kind.code for kind in ModelError.__subclasses__()} == MODEL_CODES - {"internal"}


@pytest.mark.parametrize("kind", ModelError.__subclasses__(), ids=lambda kind: kind.code)
def test_a_model_error_speaks_to_the_user(kind: type[ModelError]) -> None:
    error = kind(retry_after=3)

    assert str(error).endswith(".")
    assert error.retry_after == 3
    assert str(kind("Another sentence.")) == "Another sentence."


def test_a_refused_connection_ends_for_good() -> None:
    # Clients of Centrifugo come back after any other code.
    assert 4500 <= NotAuthenticatedError.disconnect_code <= 4999
    assert issubclass(NotAuthenticatedError, ChatError)
