"""Where things are prepared: runs tools, quiet when they succeed, their last words when they fail."""

import asyncio
import os
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from .errors import ToolError
from .places import Places
from .steps import Steps

LAST_LINES = 40
"""Lines of a failed tool's output that are shown."""


@dataclass(frozen=True, slots=True)
class Workshop:
    """What preparing needs: places, somebody to tell, and the variables that tools see."""

    places: Places
    steps: Steps
    environment: Mapping[str, str]
    """Without the secrets: no tool needs them."""
    pip: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held while pip runs: two at once would write into the same folder."""

    async def run(
        self,
        command: Sequence[str | Path],
        *,
        folder: Path,
        failure: str,
        variables: Mapping[str, str] | None = None,
    ) -> str:
        """Run a tool to its end and return what it printed.

        A caller that is cancelled takes the tool, and whatever that started, along.

        Args:
            command: The program and its arguments.
            folder: Where it runs.
            failure: What to say when it fails.
            variables: What it is told beside the environment.

        Raises:
            ToolError: The tool failed, or is not there.
        """
        try:
            process = await asyncio.create_subprocess_exec(
                *command,
                env=self._homes() | dict(self.environment) | dict(variables or {}),
                cwd=folder,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
                process_group=0,
            )
        except OSError as exc:
            raise ToolError(failure, f"{command[0]}: {exc.strerror}") from exc
        try:
            output, _ = await process.communicate()
        except asyncio.CancelledError:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
            raise
        text = output.decode(errors="replace")
        if process.returncode != 0:
            raise ToolError(failure, "\n".join(text.splitlines()[-LAST_LINES:]))
        return text

    def _homes(self) -> dict[str, str]:
        """Say where Go and npm keep their caches on a machine where nobody has a home."""
        if self.environment.get("HOME"):
            return {}
        cache = self.places.cache
        return {
            "GOCACHE": str(cache / "go-build"),
            "GOPATH": str(cache / "go"),
            "npm_config_cache": str(cache / "npm"),
        }
