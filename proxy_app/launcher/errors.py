"""What keeps the chat from starting on this machine."""

from ..errors import ChatError

SETTINGS_EXIT_CODE = 2
"""Exit code of every command when a setting is missing or wrong."""


class StartError(ChatError):
    """Something that ``up`` needs is missing or failed; the message says what to do."""


class ToolError(StartError):
    """A tool that prepares something failed; ``output`` is the end of what it printed."""

    def __init__(self, message: str, output: str) -> None:
        super().__init__(message)
        self.output = output


class ChildEndedError(StartError):
    """A process that should run until the end has ended before it."""

    def __init__(self, name: str, returncode: int) -> None:
        how = f"was ended by signal {-returncode}" if returncode < 0 else f"ended with exit code {returncode}"
        super().__init__(f"{name} {how}; its last lines stand above.")
        self.returncode = returncode
