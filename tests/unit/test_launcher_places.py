"""Ports and places come from the environment; what is wrong is one sentence."""

import socket
from pathlib import Path

import pytest

from proxy_app.errors import SettingsError
from proxy_app.launcher.environment import ROOT
from proxy_app.launcher.errors import StartError
from proxy_app.launcher.places import check_port, read_places, unused_port


def test_defaults() -> None:
    places = read_places({})

    assert list(places.ports.values()) == [9000, 8000, 8001, 8080]
    assert places.state == ROOT / "var"
    assert places.centrifugo == "auto"
    assert places.origins == ("http://localhost:9000", "http://127.0.0.1:9000")


def test_an_empty_variable_counts_as_none() -> None:
    assert read_places({"CHAT_PORT": "", "CHAT_STATE_DIR": "", "CHAT_CENTRIFUGO": ""}) == read_places({})


def test_every_place_can_be_chosen(tmp_path: Path) -> None:
    program = tmp_path / "centrifugo"
    program.touch(mode=0o755)
    places = read_places(
        {
            "CHAT_PAGE_PORT": "1",
            "CHAT_CENTRIFUGO_PORT": "2",
            "CHAT_CENTRIFUGO_INTERNAL_PORT": "3",
            "CHAT_PORT": "65535",
            "CHAT_STATE_DIR": str(tmp_path),
            "CHAT_CENTRIFUGO": str(program),
        }
    )

    assert list(places.ports.values()) == [1, 2, 3, 65535]
    assert (places.state, places.centrifugo) == (tmp_path, str(program))


@pytest.mark.parametrize("port", ["0", "65536", "-1", "8080.5", "http", "٣", " 1"])
def test_what_is_no_port_is_refused(port: str) -> None:
    with pytest.raises(SettingsError, match=r"CHAT_PORT .* from 1 to 65535\.$"):
        read_places({"CHAT_PORT": port})


def test_two_may_not_have_the_same_port() -> None:
    with pytest.raises(SettingsError, match="CHAT_CENTRIFUGO_PORT and CHAT_PORT are both 8080"):
        read_places({"CHAT_CENTRIFUGO_PORT": "8080"})


def test_centrifugo_must_be_a_program(tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("no program")
    for choice in (str(tmp_path / "notes"), str(tmp_path / "missing"), str(tmp_path), "Auto"):
        with pytest.raises(SettingsError, match="CHAT_CENTRIFUGO is wrong"):
            read_places({"CHAT_CENTRIFUGO": choice})


def test_a_port_in_use_is_told_with_its_variable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(StartError, match=f"Port {port} is in use.*CHAT_PAGE_PORT"):
            check_port("CHAT_PAGE_PORT", port)


def test_an_unused_port_is_free() -> None:
    check_port("CHAT_PORT", unused_port())
