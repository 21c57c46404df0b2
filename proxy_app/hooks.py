"""The login hook of the settings, built; part of the composition root."""

import time
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from http.cookiejar import CookieJar, DefaultCookiePolicy
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

import httpx2

from .auth.entrance import Entrance, EntranceRules
from .auth.fetching import Fetcher
from .auth.forward import ForwardAuthenticator, ForwardRules
from .auth.guest import GuestAuthenticator, derive_key
from .auth.json_web_tokens import Keys, TokenAuthenticator, TokenRules
from .auth.key_file import KeyFile
from .auth.keys import PUBLIC, SHARED, KeySet, OneKey
from .auth.own import load_authenticator
from .errors import SettingsError
from .ports import Authenticator, Revocations
from .settings import Settings

_LARGEST_KEY_SET = 262_144
_LARGEST_ANSWER = 65_536
"""Bytes that an identity provider or an application may answer."""
_NEVER_SENT = {"host", "connection", "content-length", "transfer-encoding", "upgrade", "x-proxy-secret"}
"""Headers that are between Centrifugo and the service."""


@asynccontextmanager
async def open_entrance(settings: Settings, revocations: Revocations) -> AsyncIterator[Entrance]:
    """Build the hook that ``CHAT_AUTH`` names, and what watches it.

    Raises:
        SettingsError: There is none, or it lacks a setting.
    """
    rules = EntranceRules(
        lifetime=settings.connection_lifetime,
        grace=settings.auth_grace,
        timeout=settings.auth_timeout,
        is_outside=settings.auth != "guest",
    )
    async with AsyncExitStack() as opened:
        hook = await _hook(settings, opened)
        yield Entrance(hook, revocations, rules, clock=time.time)


async def _hook(settings: Settings, opened: AsyncExitStack) -> Authenticator:
    match settings.auth:
        case "guest":
            return _guests(settings)
        case "jwt":
            return await _tokens(settings, opened)
        case "forward":
            return await _forward(settings, opened)
    own = load_authenticator(settings.auth)
    if isinstance(own, AbstractAsyncContextManager):
        await opened.enter_async_context(own)
    return own


def _guests(settings: Settings) -> GuestAuthenticator:
    derived = [derive_key(secret) for secret in settings.proxy_secrets]
    return GuestAuthenticator(
        keys=settings.guest_keys or derived,
        token_lifetime=settings.guest_token_lifetime,
        clock=time.time,
    )


async def _tokens(settings: Settings, opened: AsyncExitStack) -> TokenAuthenticator:
    for place in settings.auth_jwt_token:
        if place not in ("data", "authorization") and not place.startswith("cookie:"):
            raise SettingsError("CHAT_AUTH_JWT_TOKEN takes data, authorization and cookie:NAME.")
    rules = TokenRules(
        algorithms=_algorithms(settings),
        issuer=settings.auth_jwt_issuer,
        audience=settings.auth_jwt_audience,
        leeway=settings.auth_jwt_leeway,
        required=settings.auth_jwt_required,
        places=settings.auth_jwt_token,
        user=settings.auth_jwt_user,
        name=settings.auth_jwt_name,
        limits=settings.auth_jwt_limits,
    )
    return TokenAuthenticator(await _keys(settings, opened), rules)


def _algorithms(settings: Settings) -> tuple[str, ...]:
    chosen = settings.auth_jwt_algorithms
    if not chosen:
        raise SettingsError("Set CHAT_AUTH_JWT_ALGORITHMS to what tokens are signed with, such as RS256.")
    for algorithm in chosen:
        if algorithm not in SHARED + PUBLIC:
            raise SettingsError(f"CHAT_AUTH_JWT_ALGORITHMS names {algorithm}, which is none that is known.")
    if len({algorithm in SHARED for algorithm in chosen}) > 1:
        # Who knows the public key could sign with it as if it were the shared one.
        raise SettingsError("CHAT_AUTH_JWT_ALGORITHMS mixes HS with others; a token has one kind of key.")
    return chosen


async def _keys(settings: Settings, opened: AsyncExitStack) -> Keys:
    text, file, url = settings.auth_jwt_key, settings.auth_jwt_key_file, settings.auth_jwt_jwks_url
    if len([given for given in (text, file, url) if given is not None]) != 1:
        raise SettingsError(
            "Set one of CHAT_AUTH_JWT_KEY, CHAT_AUTH_JWT_KEY_FILE and CHAT_AUTH_JWT_JWKS_URL."
        )
    if url is not None:
        if settings.auth_jwt_algorithms[0] in SHARED:
            raise SettingsError("Keys of CHAT_AUTH_JWT_JWKS_URL are public, which is no secret for HS.")
        if not _is_safe(url):
            raise SettingsError("CHAT_AUTH_JWT_JWKS_URL has to begin with https://, or be on this machine.")
        fetcher = await _fetcher(settings, opened, _LARGEST_KEY_SET)
        return KeySet(fetcher, url, lifetime=settings.auth_jwt_jwks_lifetime, clock=time.time)
    if text is None:
        return KeyFile(Path(file or ""), settings.auth_jwt_algorithms, clock=time.monotonic)
    # Where a variable is one line, PEM's line breaks are written out.
    return OneKey(text.get_secret_value().replace("\\n", "\n"), settings.auth_jwt_algorithms)


async def _forward(settings: Settings, opened: AsyncExitStack) -> ForwardAuthenticator:
    if settings.auth_forward_url is None:
        raise SettingsError("Set CHAT_AUTH_FORWARD_URL to the endpoint that says who is connecting.")
    headers = tuple(name.lower() for name in settings.auth_forward_headers)
    if not headers or _NEVER_SENT & set(headers):
        raise SettingsError("CHAT_AUTH_FORWARD_HEADERS names headers of the visitor, such as Cookie.")
    rules = ForwardRules(
        url=settings.auth_forward_url,
        headers=headers,
        user_header=settings.auth_forward_user_header,
        name_header=settings.auth_forward_name_header,
        cache=settings.auth_forward_cache,
    )
    return ForwardAuthenticator(await _fetcher(settings, opened, _LARGEST_ANSWER), rules, clock=time.time)


async def _fetcher(settings: Settings, opened: AsyncExitStack, limit: int) -> Fetcher:
    # What an answer sets is one visitor's, and must not go along when it is another one's turn. The client
    # that is used elsewhere has a second jar, which can't be closed.
    nobodys = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
    client = await opened.enter_async_context(
        httpx2.AsyncClient(
            timeout=httpx2.Timeout(settings.auth_timeout),
            trust_env=False,
            follow_redirects=False,
            cookies=nobodys,
        )
    )
    return Fetcher(client, timeout=settings.auth_timeout * 0.9, limit=limit)


def _is_safe(url: str) -> bool:
    parts = urlsplit(url)
    if parts.scheme != "http" or parts.hostname is None:
        return parts.scheme == "https" and parts.hostname is not None
    try:
        return parts.hostname == "localhost" or ip_address(parts.hostname).is_loopback
    except ValueError:
        return False
