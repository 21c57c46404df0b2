"""The file of secrets: made once, for its owner alone, and never changed where it says something."""

from pathlib import Path

import pytest

from proxy_app.launcher.deployment import write_secrets
from proxy_app.launcher.dotenv_file import (
    GENERATED,
    add_missing_secrets,
    merged_environment,
    replace_privately,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / ".env"


def test_the_first_start_writes_every_secret(path: Path) -> None:
    assert add_missing_secrets(path, {}) == list(GENERATED)

    assert path.stat().st_mode & 0o777 == 0o600
    made = merged_environment(path, {})
    assert set(made) == set(GENERATED)
    assert len(set(made.values())) == len(GENERATED)
    assert all(len(secret) >= 43 for secret in made.values())
    assert [file.name for file in path.parent.iterdir()] == [".env"]


def test_later_starts_change_nothing(path: Path) -> None:
    add_missing_secrets(path, {})
    before = path.read_bytes()

    assert add_missing_secrets(path, {}) == []
    assert path.read_bytes() == before


def test_what_the_owner_wrote_stays(path: Path) -> None:
    path.write_text("# mine\nOPENAI_API_KEY='sk-$x'\nCHAT_PROXY_SECRET=chosen")

    assert add_missing_secrets(path, {}) == ["CHAT_CENTRIFUGO_API_KEY", "CHAT_GUEST_SECRET"]

    assert path.read_text().startswith("# mine\nOPENAI_API_KEY='sk-$x'\nCHAT_PROXY_SECRET=chosen\n")
    assert path.stat().st_mode & 0o777 == 0o600
    settings = merged_environment(path, {})
    assert (settings["OPENAI_API_KEY"], settings["CHAT_PROXY_SECRET"]) == ("sk-$x", "chosen")


def test_an_empty_secret_is_none(path: Path) -> None:
    path.write_text("CHAT_PROXY_SECRET=\n")

    assert "CHAT_PROXY_SECRET" in add_missing_secrets(path, {})
    assert merged_environment(path, {})["CHAT_PROXY_SECRET"]


def test_secrets_of_the_environment_are_not_written(path: Path) -> None:
    assert add_missing_secrets(path, dict.fromkeys(GENERATED, "given")) == []
    assert not path.exists()


def test_the_environment_wins_unless_it_is_empty(path: Path) -> None:
    path.write_text("CHAT_PORT=1\nCHAT_HOST=file\n")

    assert merged_environment(path, {"CHAT_PORT": "2", "CHAT_HOST": ""}) == {
        "CHAT_PORT": "2",
        "CHAT_HOST": "file",
    }


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(path: Path) -> None:
    path.write_text("old")
    with pytest.raises(UnicodeEncodeError):
        replace_privately(path, "\ud800")

    assert path.read_text() == "old"
    assert [file.name for file in path.parent.iterdir()] == [".env"]


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    folders = (tmp_path / "service", tmp_path / "centrifugo")
    for folder in folders:
        folder.mkdir()
    return folders


def held(folder: Path) -> dict[str, str]:
    return {file.name: file.read_text() for file in folder.iterdir()}


def test_both_sides_of_a_deployment_know_the_same_and_no_more(folders: tuple[Path, Path]) -> None:
    write_secrets(*folders, {})

    service, centrifugo = map(held, folders)
    assert set(service) == set(GENERATED)
    assert centrifugo == {
        "CENTRIFUGO_HTTP_API_KEY": service["CHAT_CENTRIFUGO_API_KEY"],
        "CENTRIFUGO_VAR_PROXY_SECRET": service["CHAT_PROXY_SECRET"],
    }
    assert {file.stat().st_mode & 0o777 for folder in folders for file in folder.iterdir()} == {0o600}


def test_a_deployment_keeps_its_secrets_until_others_are_given(folders: tuple[Path, Path]) -> None:
    write_secrets(*folders, {})
    before = held(folders[0])
    write_secrets(*folders, {"CHAT_PROXY_SECRET": ""})
    assert held(folders[0]) == before

    write_secrets(*folders, {"CHAT_PROXY_SECRET": "it's $mine"})
    assert held(folders[0]) == before | {"CHAT_PROXY_SECRET": "it's $mine"}
    assert held(folders[1])["CENTRIFUGO_VAR_PROXY_SECRET"] == "it's $mine"

    write_secrets(*folders, {"CHAT_PROXY_SECRET": "newer, older"})
    assert held(folders[0])["CHAT_PROXY_SECRET"] == "newer, older"
    assert held(folders[1])["CENTRIFUGO_VAR_PROXY_SECRET"] == "newer"
