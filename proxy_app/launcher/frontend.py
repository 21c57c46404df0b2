"""Builds the page when its sources have changed."""

from pathlib import Path

from .fingerprint import fingerprint
from .toolchain import find_node
from .workshop import Workshop

NO_SOURCES = ("node_modules", "dist", "build", "tests", "nginx.conf", "Dockerfile", "start.sh")
"""What lies in ``frontend/`` and does not make the page."""


async def build_page(workshop: Workshop) -> Path:
    """Return the folder of the built page, which is built again only if its sources have changed.

    Raises:
        ToolError: There is no Node.js, or a tool failed.
    """
    folder = workshop.places.root / "frontend"
    page, stamp = folder / "dist", workshop.places.cache / "page"
    wanted = fingerprint(folder, leave_out=NO_SOURCES)
    if (page / "index.html").exists() and stamp.exists() and stamp.read_text() == wanted:
        return page
    await install_packages(workshop)
    with workshop.steps.step("building the page", slow=True):
        stamp.unlink(missing_ok=True)
        await run_npm(workshop, "run", "build", failure="The page could not be built.")
        stamp.parent.mkdir(exist_ok=True)
        stamp.write_text(wanted)
    return page


async def install_packages(workshop: Workshop) -> None:
    """Install what the page is built with, unless exactly that is there.

    Raises:
        ToolError: There is no Node.js, or npm failed.
    """
    folder = workshop.places.root / "frontend"
    stamp = folder / "node_modules" / ".installed"
    lock = (folder / "package-lock.json").read_text("utf-8")
    if stamp.exists() and stamp.read_text("utf-8") == lock:
        return
    failure = "The page's packages could not be installed. Is the npm registry within reach?"
    # No package of ours needs its install scripts, and tools are wanted even where NODE_ENV is production.
    options = ("--ignore-scripts", "--include=dev", "--no-audit", "--no-fund")
    with workshop.steps.step("installing the page's packages", slow=True):
        await run_npm(workshop, "ci", *options, failure=failure)
        stamp.write_text(lock, "utf-8")


async def run_npm(workshop: Workshop, *arguments: str, failure: str) -> str:
    """Run npm in ``frontend/`` and return what it printed.

    Raises:
        ToolError: There is no Node.js, or npm failed.
    """
    node = await find_node(workshop)
    folder = workshop.places.root / "frontend"
    return await workshop.run([*node.npm, *arguments], folder=folder, failure=failure, variables=node.path())
