"""Where a process is: what a former one there left behind is taken back, and nothing of anybody else."""

import pytest

from proxy_app.app import owner_of

from .test_settings import load


def place(monkeypatch: pytest.MonkeyPatch, host: str, **changes: str) -> str:
    monkeypatch.setattr("socket.gethostname", lambda: host)
    return owner_of(load(monkeypatch, **changes)).place


def test_long_names_that_differ_at_their_end_are_different_places(monkeypatch: pytest.MonkeyPatch) -> None:
    pods = [f"{'a-very-long-name-of-a-deployment-':a<58}{end}" for end in ("abcde", "fghij")]
    places = {place(monkeypatch, pod, CHAT_PORT=port) for pod in pods for port in ("0", "8080")}
    assert len(places) == 4
    # With a process it has to fit the column.
    assert max(map(len, places)) + 1 + 36 <= 128


def test_a_process_that_comes_back_is_where_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    assert place(monkeypatch, "host") == place(monkeypatch, "host") == "host:8080"
    assert place(monkeypatch, "host", CHAT_REPLICA="a") == "a"


def test_nobody_comes_back_to_a_port_that_the_system_chose(monkeypatch: pytest.MonkeyPatch) -> None:
    assert place(monkeypatch, "host", CHAT_PORT="0") != place(monkeypatch, "host", CHAT_PORT="0")
