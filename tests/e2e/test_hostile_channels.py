"""A client may do one thing on one channel, whatever it asks Centrifugo for.

Spellings of another's channel, and publish, history and presence, are in ``test_permissions.py`` too.
"""

import json
from collections.abc import AsyncIterator
from typing import Any

import jwt
import pytest
import pytest_asyncio

from tests.client import RawConnection
from tests.stack import Stack

from .hostile import CENTRIFUGOS_OWN, Victim

pytestmark = pytest.mark.asyncio(loop_scope="session")

Json = dict[str, Any]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def victim(running_stack: Stack) -> AsyncIterator[Victim]:
    """Somebody with publications in the channel's history."""
    async with running_stack.client() as client:
        yield await Victim.of(client)


SPELLINGS = {
    "as it is": "chat:#{other}",
    "three users in one name": "chat:#{me},{other},{me}x",
    "an empty user beside the other": "chat:#,{other}",
    "both separators": "chat:#{other}#,{other}",
    "percent encoding of all of it": "chat%3A%23{other}",
    "percent encoding twice": "chat:%2523{other}",
    "NUL before it": "\0chat:#{other}",
    "a tab after it": "chat:#{other}\t",
    "a no-break blank after it": "chat:#{other}\u00a0",
    "a zero-width blank in it": "chat:#\u200b{other}",
    "a soft hyphen in it": "ch\u00adat:#{other}",
    "a right-to-left override in it": "chat:\u202e#{other}",
    "a Cyrillic letter": "ch\u0430t:#{other}",
    "full-width letters": "ｃｈａｔ:#{other}",
    "a full-width colon": "chat：#{other}",
    "a small number sign": "chat:﹟{other}",
    "another colon look-alike": "chat∶#{other}",
    "a private prefix within": "chat:${other}",
    "a private prefix before": "$$chat:#{other}",
    "a wildcard": "chat:*",
    "a wildcard for the user": "chat:#*",
    "a pattern": "/chat/:user",
    "a path": "chat:../chat:#{other}",
    "braces": "chat:#{{{other}}}",
    "quotes": 'chat:#"{other}"',
    "the end of Redis's key": "chat:#{other}\r\nDEL x",
    "the longest name": "chat:#{other}{filling}",
    "a name above the limit": "chat:#{other}{filling}{filling}",
    "nothing": " ",
}


@pytest.mark.parametrize("spelling", SPELLINGS)
async def test_no_spelling_opens_anothers_channel(stack: Stack, victim: Victim, spelling: str) -> None:
    async with RawConnection.open(stack.url) as raw:
        names = {"me": raw.welcome["user"], "other": victim.client.welcome["user"], "filling": "x" * 150}

        reply = await raw.command(
            {
                "subscribe": {
                    "channel": SPELLINGS[spelling].format(**names),
                    "recover": True,
                    "epoch": "",
                    "offset": 0,
                }
            }
        )
        # An answer to a later command: what would have leaked has arrived before it.
        assert "rpc" in await raw.rpc("chat:sync", {})

    assert raw.publications == []
    assert not reply.get("subscribe", {}).get("publications")
    if "," not in SPELLINGS[spelling]:
        assert reply["error"]["code"] in CENTRIFUGOS_OWN


def subscription(channel: str, user: str, key: str, algorithm: str) -> str:
    """Return a token that opens a channel, for a server that would believe it."""
    return jwt.encode({"sub": user, "channel": channel, "exp": 4_000_000_000}, key, algorithm=algorithm)


@pytest.mark.parametrize(
    "key", ["", "a secret that somebody guessed, long enough", "the proxy secret", "the key of the API"]
)
async def test_a_subscription_token_of_ones_own_opens_nothing(stack: Stack, victim: Victim, key: str) -> None:
    real = {"the proxy secret": stack.centrifugo.proxy_secret, "the key of the API": stack.centrifugo.api_key}
    channel = victim.client.welcome["channel"]
    async with RawConnection.open(stack.url, connect=False) as raw:
        welcome = await raw.command({"connect": {"data": {"v": 1}}})
        user = welcome["connect"]["data"]["user"]
        token = subscription(channel, user, real.get(key, key), "HS256" if key else "none")
        await raw.frame(f'{{"id":50,"subscribe":{{"channel":"{channel}","token":"{token}"}}}}')
        await raw.until(lambda: 50 in raw.replies or raw.close_code)

    # Refused, or the whole connection is ended.
    assert raw.close_code == 3500 or raw.replies[50]["error"]["code"] == 103
    assert raw.publications == []


OWN: dict[str, Json] = {
    "publish": {"publish": {"channel": "{own}", "data": {"type": "conversation"}}},
    "publish without a channel": {"publish": {"data": {}}},
    "history": {"history": {"channel": "{own}", "limit": 100}},
    "history backwards": {"history": {"channel": "{own}", "limit": 100, "reverse": True}},
    "history from a position": {"history": {"channel": "{own}", "since": {"offset": 0, "epoch": ""}}},
    "presence": {"presence": {"channel": "{own}"}},
    "presence stats": {"presence_stats": {"channel": "{own}"}},
    "refresh with a token": {"refresh": {"token": "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0."}},
    "refresh of the subscription": {"sub_refresh": {"channel": "{own}", "token": "a.b.c"}},
    "history of everything": {"history": {"channel": "", "limit": -1}},
    "presence of the other": {"presence": {"channel": "{other}"}},
    "presence stats of the other": {"presence_stats": {"channel": "{other}"}},
    "history of the other": {"history": {"channel": "{other}", "limit": 100}},
    "publish to the other": {"publish": {"channel": "{other}", "data": {"type": "conversation"}}},
    "publish to everybody's namespace": {"publish": {"channel": "chat:all", "data": {}}},
}


@pytest.mark.parametrize("name", OWN)
async def test_a_client_can_only_subscribe(stack: Stack, victim: Victim, name: str) -> None:
    before = await stack.centrifugo.history(victim.client.welcome["channel"])
    async with RawConnection.open(stack.url) as raw, RawConnection.open(stack.url) as witness:
        await raw.subscribe()
        channels = {"{own}": raw.welcome["channel"], "{other}": victim.client.welcome["channel"]}
        ((kind, fields),) = OWN[name].items()
        command = {kind: fields | {"channel": channels.get(fields.get("channel", ""), fields.get("channel"))}}
        await raw.frame(json.dumps({"id": 60, **command}))
        await raw.until(lambda: 60 in raw.replies or raw.close_code)
        assert "rpc" in await witness.rpc("chat:sync", {})

    assert raw.close_code or raw.replies[60]["error"]["code"] in CENTRIFUGOS_OWN
    assert raw.publications == witness.publications == []
    assert await stack.centrifugo.history(victim.client.welcome["channel"]) == before


@pytest.mark.parametrize("flag", ["join_leave", "positioned", "recoverable"])
async def test_nobody_hears_who_comes_and_goes(stack: Stack, victim: Victim, flag: str) -> None:
    token = victim.client.token
    async with RawConnection.open(stack.url, {"v": 1, "token": token}) as first:
        reply = await first.command({"subscribe": {"channel": first.welcome["channel"], flag: True}})
        async with RawConnection.open(stack.url, {"v": 1, "token": token}) as second:
            await second.subscribe()
            await second.command({"unsubscribe": {"channel": second.welcome["channel"]}})
        assert "rpc" in await first.rpc("chat:sync", {})

    assert "error" not in reply
    assert [push for push in first.pushes if push.keys() & {"join", "leave"}] == []


async def test_a_connection_cannot_ask_for_anothers_channel_while_connecting(
    stack: Stack, victim: Victim
) -> None:
    channel = victim.client.welcome["channel"]
    subscriptions = {channel: {"recover": True, "epoch": "", "offset": 0}}
    async with RawConnection.open(stack.url, connect=False) as raw:
        reply = await raw.command({"connect": {"data": {"v": 1}, "subs": subscriptions}})
        assert "rpc" in await raw.rpc("chat:sync", {})

    assert not reply["connect"].get("subs")
    assert raw.publications == []
