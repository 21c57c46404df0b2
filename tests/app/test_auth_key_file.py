"""A key file that changes while the service runs."""

import logging
import os
from pathlib import Path

import jwt
import pytest

from proxy_app.auth.json_web_tokens import TokenAuthenticator, TokenRules
from proxy_app.auth.key_file import KeyFile
from proxy_app.errors import NotAuthenticatedError, SettingsError
from proxy_app.ports import ConnectRequest
from tests.unit.signing import AUDIENCE, claims, signer

OLD, NEW = signer("ES256", "old"), signer("ES256", "new")


class Login:
    """A hook with a key file, and a clock that a test moves."""

    def __init__(self, path: Path, *algorithms: str) -> None:
        self.now = 100.0
        self._path = path
        rules = TokenRules(algorithms or ("ES256",), audience=(AUDIENCE,))
        self.keys = KeyFile(path, rules.algorithms, clock=lambda: self.now)
        self._hook = TokenAuthenticator(self.keys, rules)

    def change(self, content: str | bytes | None) -> None:
        """Write another file, or none, and let a second go by."""
        if content is None:
            self._path.unlink()
        else:
            self._path.write_bytes(content.encode() if isinstance(content, str) else content)
        self.now += 1

    def replace(self, content: str) -> None:
        """Put another file in the place of this one, of the same time and size."""
        before = self._path.stat()
        successor = self._path.with_suffix(".new")
        successor.write_text(content)
        os.utime(successor, ns=(before.st_atime_ns, before.st_mtime_ns))
        successor.replace(self._path)
        self.now += 1

    async def knows(self, token: str) -> bool:
        """Tell whether a token counts."""
        try:
            identity = await self._hook.authenticate(ConnectRequest({"token": token}, {}))
        except NotAuthenticatedError:
            return False
        return identity.user == "ada"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "key.pem"
    path.write_text(OLD.pem)
    path.with_suffix(".secret").write_text("o" * 32)
    return path


async def test_a_new_key_is_taken_without_a_restart(file: Path) -> None:
    login = Login(file)
    assert await login.knows(OLD.token())
    assert not await login.knows(NEW.token())
    login.change(NEW.pem)
    login.now -= 0.5
    # It has been looked at a moment ago.
    assert await login.knows(OLD.token())

    login.now += 0.5
    assert await login.knows(NEW.token())
    assert not await login.knows(OLD.token())


async def test_a_file_that_is_replaced_by_another_is_noticed_whatever_its_time(file: Path) -> None:
    login = Login(file)
    login.replace(NEW.pem)

    assert await login.knows(NEW.token())


BROKEN = {
    "empty": b"",
    "half of it": NEW.pem[:80].encode(),
    "no text": b"\xff\xfe" * 50,
    "too much": NEW.pem.encode() + b" " * 70_000,
    "a key of another kind": signer("RS256").pem.encode(),
}


@pytest.mark.parametrize("name", BROKEN)
async def test_a_broken_file_leaves_the_old_key_and_one_line_in_the_log(
    file: Path, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    login = Login(file)
    login.change(BROKEN[name])
    for _ in range(3):
        assert await login.knows(OLD.token())
        login.now += 1

    (record,) = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert "CHAT_AUTH_JWT_KEY_FILE has changed, and the key from before stays: " in record.getMessage()
    assert "BEGIN" not in caplog.text
    login.change(NEW.pem)
    assert await login.knows(NEW.token())


async def test_a_file_that_is_gone_for_a_while_changes_nothing(
    file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    login = Login(file)
    login.change(None)
    for _ in range(3):
        assert await login.knows(OLD.token())
        login.now += 1
    assert len([record for record in caplog.records if record.levelno >= logging.ERROR]) == 1

    login.change(NEW.pem)
    assert await login.knows(NEW.token())


async def test_a_shared_secret_changes_as_well_but_never_to_a_short_one(file: Path) -> None:
    old, new = "o" * 32, "n" * 32
    login = Login(file.with_suffix(".secret"), "HS256")
    login.change("short")
    assert await login.knows(jwt.encode(claims(), old, algorithm="HS256"))
    assert not await login.knows(jwt.encode(claims(), b"short".ljust(32, b"\0"), algorithm="HS256"))

    login.change(f"{new}\n")
    assert await login.knows(jwt.encode(claims(), new, algorithm="HS256"))


@pytest.mark.parametrize("content", [None, *BROKEN.values()], ids=["nothing", *BROKEN])
def test_at_the_start_there_has_to_be_a_key(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "key.pem").write_bytes(content)
    with pytest.raises(SettingsError, match=r"^(CHAT_AUTH_JWT_KEY_FILE|The key of CHAT_AUTH_JWT_KEY)"):
        Login(tmp_path / "key.pem")
