"""The port to what nobody needs any more."""

from typing import Protocol


class Trash(Protocol):
    """Removing for good, a little at a time; each call says whether there may be more to do.

    Raises:
        UnavailableError: The database is away; trying again may help.
    """

    async def forget_stops(self, before: int, /) -> bool:
        """Remove stops whose send did not come, and would not be stopped by them since ``before``."""
        ...

    async def disown(self, before: int, /) -> bool:
        """Make conversations nobody's that were deleted before ``before``; nothing gives them back."""
        ...

    async def remove(self) -> bool:
        """Remove some of what is nobody's: messages and what is kept of them, at last the conversation."""
        ...
