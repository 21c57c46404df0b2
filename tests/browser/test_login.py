"""The page behind somebody's own login: the browser's cookie says who it is."""

from pathlib import Path

import pytest
from playwright.async_api import BrowserContext, expect

from tests.e2e.logins import documented, example, example_nginx
from tests.stack import Server, open_stack

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_users_who_share_a_browser_see_nothing_of_each_other(
    server: Server, built_page: Path, visitor: BrowserContext, tmp_path: Path
) -> None:
    settings = documented("Your application (`forward`)")
    async with example("cookie_session/app.py", tmp_path, "/login") as application:
        settings["CHAT_AUTH_FORWARD_URL"] = f"http://{application}/whoami"
        async with (
            open_stack(server, page=None, **settings) as stack,
            example_nginx(
                tmp_path,
                page_url=stack.page_url,
                centrifugo_url=stack.url,
                application=application,
                root=built_page,
            ),
        ):
            page = await visitor.new_page()

            async def log_in(name: str, password: str) -> None:
                await page.goto(f"{stack.page_url}/login")
                await page.get_by_label("Name").fill(name)
                await page.get_by_label("Password").fill(password)
                await page.get_by_role("button", name="Log in").click()
                await page.get_by_role("textbox", name="Message").wait_for()

            await page.goto(stack.page_url)
            await page.get_by_text(
                "The server does not know who you are. Log in, then connect again."
            ).wait_for()

            await log_in("ada", "correct horse")
            message = page.get_by_role("textbox", name="Message")
            await message.fill("tokens:5 of Ada's secrets")
            await message.press("Enter")
            await page.get_by_role("article").get_by_text("of Ada's secrets").wait_for()
            await page.wait_for_function("document.body.innerText.includes('New conversation')")
            await message.fill("An unfinished secret")

            await visitor.clear_cookies()
            await log_in("bob", "battery staple")
            await page.wait_for_function("localStorage.getItem('onesocket:user') === 'bob'")
            # The page begins anew for somebody else: until then Ada's draft is in it.
            await expect(page.get_by_role("textbox", name="Message")).to_have_value("")
            await page.get_by_text("Your conversations will be listed here.").wait_for()
            assert "secret" not in await page.inner_text("body")
            assert await page.get_by_role("textbox", name="Message").input_value() == ""

            await visitor.clear_cookies()
            await log_in("ada", "correct horse")
            await page.get_by_text("of Ada's secrets").first.wait_for()
