"""The requests of the RPCs (``docs/protocol.md`` §5), with their limits on form."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field


def _clamp(lowest: int, highest: int) -> AfterValidator:
    return AfterValidator(lambda limit: min(max(limit, lowest), highest))


def _none_is_absent(default: object) -> BeforeValidator:
    return BeforeValidator(lambda value: default if value is None else value)


def _without_nul(value: str) -> str:
    return value.replace("\0", "\ufffd")


_storable = AfterValidator(_without_nul)
"""For strings that are looked up: NUL is in nothing that we keep, and PostgreSQL can't be asked for it."""
Id = Annotated[str, Field(max_length=256), _storable]
"""A string that may be an id; whose it is, if anybody's, the database says."""
ClientMessageId = Annotated[str, Field(pattern=r"\A[A-Za-z0-9_-]{1,64}\z")]
IfBusy = Annotated[Literal["reject", "stop"], _none_is_absent("reject")]
PageLimit = Annotated[int, _clamp(1, 100), _none_is_absent(50)]


class Request(BaseModel):
    """An RPC's data; what nobody knows is ignored, as everywhere in the protocol."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore")


class SyncRequest(Request):
    """``chat:sync``."""

    conversation: Id | None = None
    limit: PageLimit = 50


class SendRequest(Request):
    """``chat:send``; ``parent`` may be ``null`` on purpose, which begins the conversation anew."""

    client_message_id: ClientMessageId
    text: str
    conversation: Id | None = None
    parent: Id | None = None
    model: Id | None = None
    if_busy: IfBusy = "reject"


class RegenerateRequest(Request):
    """``chat:regenerate``."""

    client_message_id: ClientMessageId
    message: Id
    model: Id | None = None
    if_busy: IfBusy = "reject"


class ContinueRequest(Request):
    """``chat:continue``."""

    client_message_id: ClientMessageId
    message: Id
    if_busy: IfBusy = "reject"


class StopRequest(Request):
    """``chat:stop``: one of the two."""

    run: Id | None = None
    client_message_id: ClientMessageId | None = None


class RunRequest(Request):
    """``chat:run``."""

    run: Id
    mismatch: bool | None = None


class ConversationsRequest(Request):
    """``chat:conversations``."""

    cursor: str | None = None
    limit: PageLimit = 50
    query: Annotated[str, Field(max_length=256), _storable] | None = None


class ConversationRequest(Request):
    """``chat:conversation``."""

    conversation: Id
    before: Id | None = None
    limit: PageLimit = 50


class RenameRequest(Request):
    """``chat:rename``."""

    conversation: Id
    title: str


class DeleteRequest(Request):
    """``chat:delete``."""

    conversation: Id


class RestoreRequest(Request):
    """``chat:restore``."""

    conversation: Id


class SelectRequest(Request):
    """``chat:select``."""

    conversation: Id
    message: Id
