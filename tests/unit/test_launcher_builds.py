"""What must be built or installed again, and with which tools."""

from pathlib import Path

import pytest

from proxy_app.launcher import toolchain
from proxy_app.launcher.environment import ROOT, is_installed
from proxy_app.launcher.fingerprint import fingerprint


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "a.txt").write_text("one")
    (tmp_path / "b.txt").write_text("two")
    return tmp_path


def test_the_same_sources_have_the_same_fingerprint(sources: Path) -> None:
    before = fingerprint(sources)
    (sources / "b.txt").touch()
    assert fingerprint(sources) == before


@pytest.mark.parametrize("change", ["text", "name", "new", "gone", "moved"])
def test_every_change_changes_the_fingerprint(sources: Path, change: str) -> None:
    before = fingerprint(sources)
    match change:
        case "text":
            (sources / "b.txt").write_text("2!!")
        case "name":
            (sources / "b.txt").rename(sources / "c.txt")
        case "new":
            (sources / "empty").touch()
        case "gone":
            (sources / "b.txt").unlink()
        case "moved":
            (sources / "b.txt").rename(sources / "inner" / "b.txt")

    assert fingerprint(sources) != before


def test_what_is_left_out_does_not_count(sources: Path) -> None:
    before = fingerprint(sources, leave_out=["inner"])
    (sources / "inner" / "a.txt").write_text("other")
    assert fingerprint(sources, leave_out=["inner"]) == before


def test_a_lock_file_counts_as_installed_only_as_it_was(tmp_path: Path) -> None:
    assert not is_installed("run", tmp_path)

    (tmp_path / ".installed-run").write_text("the hash of an older file")
    assert not is_installed("run", tmp_path)


def test_lock_files_name_no_host_and_hash_everything() -> None:
    for lock in (ROOT / "requirements").glob("*.txt"):
        text = lock.read_text()
        assert "://" not in text, lock.name
        assert "index" not in text.split("\n\n")[0], lock.name
        entries = [line for line in text.splitlines() if "==" in line and not line.startswith(("#", " "))]
        assert entries, lock.name
        assert all(line.endswith("\\") for line in entries), f"{lock.name}: an entry has no hash"


def program(folder: Path, name: str, says: str, code: int = 0) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\necho '{says}'\nexit {code}\n")
    path.chmod(0o755)


@pytest.fixture
def only_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is all of PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


@pytest.mark.parametrize(
    ("says", "is_taken"),
    [
        ("go version go1.26.8 linux/amd64", True),
        ("go version go1.27rc1 linux/amd64", True),
        ("go version go2.0 linux/amd64", True),
        ("go version go1.25.9 linux/amd64", False),
        ("what?", False),
    ],
)
def test_go_must_be_new_enough(only_path: Path, says: str, is_taken: bool) -> None:
    program(only_path, "go", says)
    assert toolchain.go_on_path() == (only_path / "go" if is_taken else None)


@pytest.mark.parametrize(
    ("says", "is_taken"),
    [
        ("v20.19.0", True),
        ("v20.18.3", False),
        ("v21.7.0", False),
        ("v22.11.0", False),
        ("v22.12.0", True),
        ("v24.1.0", True),
    ],
)
def test_node_must_be_one_that_the_page_s_tools_support(only_path: Path, says: str, is_taken: bool) -> None:
    program(only_path, "node", says)
    program(only_path, "npm", "11.0.0")
    assert toolchain.node_on_path() == (only_path / "node" if is_taken else None)


def test_node_without_npm_is_not_enough(only_path: Path) -> None:
    program(only_path, "node", "v24.1.0")
    assert toolchain.node_on_path() is None


def test_a_tool_that_fails_or_is_missing_has_no_version(only_path: Path) -> None:
    program(only_path, "go", "go version go1.27.0", code=1)
    assert toolchain.go_on_path() is None
    assert toolchain.tool_version(only_path / "missing", "version") is None
