"""Which Centrifugo runs: the one that was chosen, else one on PATH that fits, else the embedded node."""

from dataclasses import replace
from pathlib import Path

import pytest

from proxy_app.launcher.centrifugo import embedded_path, find_centrifugo
from proxy_app.launcher.places import Places, read_places
from proxy_app.launcher.steps import Steps
from proxy_app.launcher.workshop import Workshop


def program(path: Path, says: str) -> Path:
    path.write_text(f"#!/bin/sh\necho '{says}'\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Places:
    """Places with an embedded node that was built before, and a PATH of one folder."""
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    (tmp_path / "centrifugo" / "embedded").mkdir(parents=True)
    (tmp_path / "centrifugo" / "embedded" / "main.go").write_text("package main")
    (tmp_path / ".cache").mkdir()
    embedded_path(tmp_path).touch(mode=0o755)
    return replace(read_places({}), root=tmp_path)


def workshop(places: Places) -> Workshop:
    return Workshop(places, Steps(), {})


async def test_without_another_it_is_the_embedded_node(places: Places) -> None:
    found = await find_centrifugo(workshop(places))
    assert (found.path, found.label) == (embedded_path(places.root), "the embedded node")


@pytest.mark.parametrize("version", ["6.9", "0.0"])
async def test_one_on_path_is_preferred_and_named(places: Places, version: str) -> None:
    real = program(places.root / "bin" / "centrifugo", f"Centrifugo v{version}.7 (Go version: go1.26.5)")

    found = await find_centrifugo(workshop(places))

    assert (found.path, found.label) == (real, f"Centrifugo {version} ({real})")


@pytest.mark.parametrize("says", ["Centrifugo v5.4.9", "Centrifugo v7.0.0", "hello"])
async def test_one_that_our_configuration_is_not_for_is_left_alone(
    places: Places, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    program(places.root / "bin" / "centrifugo", says)

    found = await find_centrifugo(workshop(places))

    assert found.path == embedded_path(places.root)
    assert "is no Centrifugo 6" in capsys.readouterr().out


async def test_what_was_chosen_is_taken(places: Places) -> None:
    program(places.root / "bin" / "centrifugo", "Centrifugo v6.9.7")
    chosen = program(places.root / "mine", "Centrifugo v0.0.0")

    embedded = await find_centrifugo(workshop(replace(places, centrifugo="embedded")))
    mine = await find_centrifugo(workshop(replace(places, centrifugo=str(chosen))))

    assert embedded.path == embedded_path(places.root)
    assert mine.path == chosen


def test_other_sources_are_another_node(places: Places) -> None:
    before = embedded_path(places.root)
    (places.root / "centrifugo" / "embedded" / "main.go").write_text("package other")
    assert embedded_path(places.root) != before
