"""Connections of a tab, as the server sees them."""

from typing import Any

from tests.stack import Stack

from .chat_page import ChatPage, eventually


async def until_live(stack: Stack, tab: ChatPage) -> str:
    """Wait until the server tells the tab what happens; return whose it is."""
    user = ""

    async def subscribed() -> bool:
        nonlocal user
        user = await tab.page.evaluate("localStorage.getItem('onesocket:user') ?? ''")
        return f"chat:#{user}" in (await stack.centrifugo.api("channels", {}))["channels"]

    await eventually(subscribed, "a subscription")
    return user


async def disconnect(stack: Stack, tab: ChatPage, **closing: Any) -> None:
    """End all connections of the tab's user, with a code and a reason, or with Centrifugo's own."""
    user = await until_live(stack, tab)
    await stack.centrifugo.api("disconnect", {"user": user, **({"disconnect": closing} if closing else {})})
