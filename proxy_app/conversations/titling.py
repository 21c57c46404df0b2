"""Titles written by the model: after the first answer, and only as long as nobody has chosen one."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..core.chunks import TextDelta, Usage
from ..core.events import conversation_event
from ..core.objects import RunState, said
from ..core.outcomes import estimated_usage
from ..core.text import title_of
from ..core.titles import INSTRUCTION, clean_title, excerpt
from ..errors import ModelError, UnavailableError
from ..ports import (
    ChatModel,
    ConversationStore,
    ModelInfo,
    PromptMessage,
    Publication,
    PublicationSink,
    Sent,
    caller_channel,
)

_log = logging.getLogger(__name__)

MAX_TOKENS = 256
"""Model tokens of a title, at most: some models think first."""
_AT_ONCE = 4
"""Titles that are written at once, at most."""
_WAITING = 200
"""Titles that wait to be written, at most; what comes on top keeps its title."""
_PATIENCE = 20
"""Seconds within which a title has to be there."""
_LONGEST = 1_000
"""Characters of an answer that may have a title in it."""


@dataclass(frozen=True, slots=True)
class _Wish:
    """A conversation that is to have a title."""

    user: str
    conversation: str
    title: str
    """The title that it has by itself; with any other nothing is changed."""
    model: str
    excerpt: str


class Titling:
    """Ask for titles, a few at a time, and store those that come; failing costs nothing but the title."""

    def __init__(
        self,
        store: ConversationStore,
        model: ChatModel,
        sink: PublicationSink,
        *,
        models: Callable[[], Sequence[ModelInfo]],
        name: str | None,
    ) -> None:
        """Prepare to ask the model ``name``, or else whoever gave the answer."""
        self._store = store
        self._model = model
        self._sink = sink
        self._models = models
        self._name = name
        self._wishes: asyncio.Queue[_Wish] = asyncio.Queue(_WAITING)

    def after(self, user: str, sent: Sent) -> Callable[[RunState], None] | None:
        """Return what is to be done when the answer is there, if a title is to be written then."""
        prompt, conversation = said(sent.message.parts), sent.conversation
        if sent.message.parent is not None or conversation.title != title_of(prompt):
            return None
        model = sent.reply.model or ""
        if any(info.demo for info in self._models() if info.id == model):
            return None

        def ended(state: RunState) -> None:
            told = excerpt(prompt, said(state.parts))
            self._wish(_Wish(user, conversation.id, conversation.title, self._name or model, told))

        return ended

    async def run(self) -> None:
        """Write titles, for ever; the task that runs this owns all that write."""
        async with asyncio.TaskGroup() as group:
            for number in range(_AT_ONCE):
                group.create_task(self._work(), name=f"titles {number}")

    def _wish(self, wish: _Wish) -> None:
        try:
            self._wishes.put_nowait(wish)
        except asyncio.QueueFull:
            _log.info("Conversation %s keeps its title: too many wait for one", wish.conversation)

    async def _work(self) -> None:
        while True:
            wish = await self._wishes.get()
            try:
                await self._write(wish)
            except (ModelError, UnavailableError, TimeoutError) as exc:
                kind = type(exc).__name__
                _log.info("Conversation %s keeps its title: %s", wish.conversation, kind)
            except Exception:
                _log.exception("Conversation %s keeps its title by a bug", wish.conversation)

    async def _write(self, wish: _Wish) -> None:
        messages = [PromptMessage("system", INSTRUCTION), PromptMessage("user", wish.excerpt)]
        async with asyncio.timeout(_PATIENCE):
            answer, usage = await self._ask(wish.model, messages)
        title = clean_title(answer)
        if title is None:
            _log.info("Conversation %s keeps its title: the model wrote none", wish.conversation)
        tokens = usage.input_tokens + usage.output_tokens
        changed = await self._store.entitle(wish.user, wish.conversation, wish.title, title, tokens)
        if changed is not None:
            self._sink.announce(caller_channel(wish.user), [Publication(conversation_event(changed))])

    async def _ask(self, model: str, messages: Sequence[PromptMessage]) -> tuple[str, Usage]:
        answer, usage = "", None
        async with self._model.stream(model, messages) as stream:
            async for chunks in stream:
                answer += "".join(chunk.text for chunk in chunks if isinstance(chunk, TextDelta))
                usage = next((chunk for chunk in chunks if isinstance(chunk, Usage)), usage)
                if len(answer) > _LONGEST:
                    break
        return answer, usage or estimated_usage(sum(len(message.text) for message in messages), len(answer))
