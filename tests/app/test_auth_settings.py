"""Settings of hooks: what can't work is one sentence at the start."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from proxy_app.auth.entrance import Entrance
from proxy_app.errors import SettingsError
from proxy_app.hooks import open_entrance
from proxy_app.settings import Settings
from tests.unit.signing import signer

Write = Callable[[str], object]

KEYS = "https://login.example/keys"
ENOUGH = {"auth": "jwt", "auth_jwt_algorithms": ("RS256",), "auth_jwt_jwks_url": KEYS}
SECRET = "a-shared-secret-of-32-characters-and-more"


class NobodyRevoked:
    """Revocations of nobody."""

    async def revoked_at(self, user: str, /) -> float | None:
        return None


async def entered(**changes: object) -> Entrance:
    """Build the hook of these settings."""
    told: dict[str, object] = {
        "database_url": "sqlite+aiosqlite:///unused",
        "centrifugo_api_url": "http://127.0.0.1:1/api",
        "centrifugo_api_key": "key",
        "proxy_secret": "secret",
        **changes,
    }
    async with open_entrance(Settings(**told), NobodyRevoked()) as entrance:  # type: ignore[arg-type]
        return entrance


@pytest.mark.parametrize(
    "changes",
    [
        {"auth": "guest"},
        ENOUGH,
        ENOUGH | {"auth_jwt_jwks_url": "http://127.0.0.1:3001/keys"},
        ENOUGH | {"auth_jwt_jwks_url": "http://[::1]:3001/keys"},
        {"auth": "jwt", "auth_jwt_algorithms": "HS256", "auth_jwt_key": SECRET},
        {
            "auth": "jwt",
            "auth_jwt_algorithms": "RS256,PS256",
            "auth_jwt_key": signer("RS256").pem.replace("\n", "\\n"),
        },
        {"auth": "forward", "auth_forward_url": "http://app:3000/whoami"},
    ],
)
async def test_what_is_enough_is_enough(changes: dict[str, object]) -> None:
    assert await entered(**changes)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"auth": "jwt"}, "CHAT_AUTH_JWT_ALGORITHMS"),
        (ENOUGH | {"auth_jwt_algorithms": "none"}, "names none"),
        (ENOUGH | {"auth_jwt_algorithms": "RS256,HS256"}, "mixes HS"),
        (ENOUGH | {"auth_jwt_algorithms": "HS256"}, "no secret for HS"),
        (ENOUGH | {"auth_jwt_key": SECRET}, "Set one of"),
        (ENOUGH | {"auth_jwt_jwks_url": None}, "Set one of"),
        (ENOUGH | {"auth_jwt_jwks_url": "http://login.example/keys"}, "https://"),
        (ENOUGH | {"auth_jwt_jwks_url": "http://127.0.0.1.evil.example/keys"}, "https://"),
        (ENOUGH | {"auth_jwt_jwks_url": "http://127.0.0.1@evil.example/keys"}, "https://"),
        (ENOUGH | {"auth_jwt_jwks_url": "http://169.254.169.254/latest"}, "https://"),
        (ENOUGH | {"auth_jwt_jwks_url": "file:///etc/passwd"}, "https://"),
        (ENOUGH | {"auth_jwt_token": "header"}, "CHAT_AUTH_JWT_TOKEN"),
        (ENOUGH | {"auth_jwt_jwks_url": None, "auth_jwt_key_file": "/nowhere"}, "can't be read"),
        ({"auth": "jwt", "auth_jwt_algorithms": "HS256", "auth_jwt_key": "short"}, "too short"),
        ({"auth": "forward"}, "CHAT_AUTH_FORWARD_URL"),
        (
            {
                "auth": "forward",
                "auth_forward_url": "http://app/",
                "auth_forward_headers": "X-Proxy-Secret",
            },
            "CHAT_AUTH_FORWARD_HEADERS",
        ),
        ({"auth": "nowhere.module:object"}, "there is no module nowhere"),
        ({"auth": "proxy_app.errors:nothing"}, "has no nothing"),
        ({"auth": "proxy_app.auth.guest:GuestAuthenticator"}, "is a class"),
        ({"auth": "proxy_app.auth.guest:derive_key"}, "has no method `async def authenticate`"),
    ],
)
async def test_what_cannot_work_is_told(changes: dict[str, object], said: str) -> None:
    with pytest.raises(SettingsError, match=said) as caught:
        await entered(**changes)
    sentence = str(caught.value)
    assert sentence.endswith(".")
    assert SECRET not in sentence


async def test_a_key_in_a_file_is_read(tmp_path: Path) -> None:
    file = tmp_path / "key.pem"
    file.write_text(signer("ES256").pem)
    changes = {"auth_jwt_jwks_url": None, "auth_jwt_key_file": str(file), "auth_jwt_algorithms": "ES256"}

    assert await entered(**ENOUGH | changes)


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Write]:
    """Writes a module, as somebody's hook."""
    monkeypatch.syspath_prepend(str(tmp_path))
    yield (tmp_path / "somebodys_hook.py").write_text
    sys.modules.pop("somebodys_hook", None)


async def test_a_module_that_cannot_be_imported_says_why(module: Write) -> None:
    module("raise RuntimeError('no database')")
    with pytest.raises(SettingsError, match="can't be imported: RuntimeError: no database"):
        await entered(auth="somebodys_hook:hook")


async def test_an_object_that_can_be_opened_is(module: Write) -> None:
    module(
        "events = []\n"
        "class Hook:\n"
        "    async def __aenter__(self): events.append('opened')\n"
        "    async def __aexit__(self, *error): events.append('closed')\n"
        "    async def authenticate(self, request): ...\n"
        "    async def refresh(self, request): ...\n"
        "hook = Hook()\n"
    )
    await entered(auth="somebodys_hook:hook")

    assert sys.modules["somebodys_hook"].events == ["opened", "closed"]
