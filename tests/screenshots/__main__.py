"""``make screenshots``, or ``python -m tests.screenshots [NAME …]``."""

import argparse
import asyncio
import sys
from pathlib import Path

from playwright.async_api import async_playwright

from tests.browser.chromium import FLAGS, MISSING, find_chromium
from tests.browser.conftest import PAGE
from tests.stack import available_servers, open_stack
from tests.stack.processes import PROJECT

from .camera import Camera
from .scenes import SCENES

FOLDER = PROJECT / "docs" / "screenshots"
MODEL = {"OPENAI_MODEL": "small", "CHAT_MODEL_NAME": "Small", "CHAT_MODEL_RETRIES": "0", "CHAT_TITLES": "off"}


async def _take(names: list[str], folder: Path, chromium: str) -> None:
    async with (
        open_stack(available_servers()[0], page=PAGE, CHAT_PROMPTS_PER_MINUTE="off", **MODEL) as stack,
        async_playwright() as playwright,
    ):
        browser = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        for scene in SCENES:
            if not names or scene.__name__ in names:
                await scene(Camera(browser, stack, folder))
        await browser.close()


def main() -> int:
    """Take the pictures; the exit code is 0 if that was possible."""
    scenes = [scene.__name__ for scene in SCENES]
    parser = argparse.ArgumentParser(
        prog="python -m tests.screenshots", description="Take pictures of the page."
    )
    parser.add_argument("names", nargs="*", help=f"scenes, all of them by default: {', '.join(scenes)}")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where to keep them")
    arguments = parser.parse_args()
    if unknown := set(arguments.names).difference(scenes):
        parser.error(f"there is no scene {', '.join(sorted(unknown))}")
    chromium = find_chromium()
    if chromium is None or not (PAGE / "index.html").exists():
        print(
            MISSING
            if chromium is None
            else "the page is not built: run `npm ci && npm run build` in frontend/"
        )
        return 1
    arguments.folder.mkdir(exist_ok=True)
    asyncio.run(_take(arguments.names, arguments.folder, chromium))
    for path in sorted(arguments.folder.glob("*.webp")):
        print(f"{path.stat().st_size / 1000:7.1f} KB  {path.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
