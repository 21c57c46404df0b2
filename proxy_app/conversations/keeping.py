"""Changing conversations: their titles, whether they are there, and which branch is shown."""

from ..core.events import conversation_event
from ..core.objects import Conversation, Json
from ..core.quotas import Limits
from ..core.sentences import counted
from ..core.text import utf16_length
from ..errors import InvalidRequestError
from ..ports import Caller, ConversationStore, Publication, PublicationSink, caller_channel
from ..runs.engine import Runs
from .requests import DeleteRequest, RenameRequest, RestoreRequest, SelectRequest


class Keeping:
    """Change conversations, and tell the user's other tabs and devices."""

    def __init__(
        self,
        store: ConversationStore,
        runs: Runs,
        sink: PublicationSink,
        *,
        max_title: int,
        limits: Limits,
    ) -> None:
        self._store = store
        self._runs = runs
        self._sink = sink
        self._max_title = max_title
        self._limits = limits

    async def rename(self, user: str, request: RenameRequest) -> Json:
        """Give a conversation a title."""
        printable = "".join(character if character.isprintable() else " " for character in request.title)
        title = " ".join(printable.split())
        if not title:
            raise InvalidRequestError("A title needs some text.")
        if utf16_length(title) > self._max_title:
            raise InvalidRequestError(f"A title may have {counted(self._max_title, 'character')}.")
        conversation, changed = await self._store.rename(user, request.conversation, title)
        if changed:
            self._tell(user, conversation)
        return {"conversation": conversation.to_json()}

    async def delete(self, user: str, request: DeleteRequest) -> Json:
        """Delete a conversation, and stop what is being written in it."""
        conversation, changed, stopping = await self._store.delete(user, request.conversation)
        for run in stopping:
            self._runs.stop(run)
        if changed:
            self._tell(user, conversation)
        return {"conversation": conversation.to_json()}

    async def restore(self, caller: Caller, request: RestoreRequest) -> Json:
        """Take a deletion back."""
        limits = caller.limits.over(self._limits)
        conversation, changed = await self._store.restore(caller.user, request.conversation, limits)
        if changed:
            self._tell(caller.user, conversation)
        return {"conversation": conversation.to_json()}

    async def select(self, user: str, request: SelectRequest) -> Json:
        """Show the branch through a message."""
        conversation, changed = await self._store.select(user, request.conversation, request.message)
        if changed:
            self._tell(user, conversation)
        return {"conversation": conversation.to_json()}

    def _tell(self, user: str, conversation: Conversation) -> None:
        self._sink.announce(caller_channel(user), [Publication(conversation_event(conversation))])
