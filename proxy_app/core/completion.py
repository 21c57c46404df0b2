"""OpenAI's stream, event by event, as chunks: text made well-formed, finish reasons in our words."""

import json
from dataclasses import dataclass, field
from typing import Any, TypeGuard

import orjson

from .chunks import Finish, FinishReason, ModelChunk, ReasoningDelta, TextDelta, Usage
from .text import well_formed

_MOST_TOKENS = 2**31 - 1
"""What a database takes for a number of tokens, and more than any model's context."""
_DONE = b"[DONE]"

_FINISH_REASONS: dict[str, FinishReason] = {
    "stop": "stop",
    "length": "length",
    "max_tokens": "length",
    "model_length": "length",
    "content_filter": "content-filter",
    "tool_calls": "tool-calls",
    "function_call": "tool-calls",
}
_BREAKDOWNS = frozenset({"abort", "error", "insufficient_system_resource", "network_error"})
"""What servers call the end of an answer that they could not finish."""


class MalformedEventError(ValueError):
    """An event is not what OpenAI's stream consists of."""


class UpstreamError(Exception):
    """The server reports, within the stream, that it failed."""

    def __init__(self, body: object) -> None:
        super().__init__("the server reported an error within the stream")
        self.body = body
        """The event as it was sent."""


@dataclass(slots=True)
class CompletionParser:
    """Turn the payloads of one stream into chunks.

    Only the first choice counts. What follows the finish reason is read for its usage alone.
    """

    finished: bool = field(default=False, init=False)
    """Whether the model said why it ended."""
    complete: bool = field(default=False, init=False)
    """Whether nothing more is to come: the end mark or, after the finish, the usage was read."""
    spoken: bool = field(default=False, init=False)
    """Whether there was text."""
    _high: dict[str, str] = field(default_factory=dict, init=False)
    """High surrogates that wait for the next delta of their kind: some servers cut characters in two."""

    def feed(self, payload: bytes) -> list[ModelChunk]:
        """Take in one payload; return its chunks.

        Raises:
            MalformedEventError: It is not JSON, or not of the right shape.
            UpstreamError: It reports a failure.
        """
        if payload == _DONE:
            self.complete = True
            return []
        event = _parse(payload)
        if not isinstance(event, dict):
            raise MalformedEventError("an event is no object")
        if event.get("error") or event.get("object") == "error":
            raise UpstreamError(event)
        try:
            return self._chunks(event)
        except (AttributeError, LookupError, TypeError) as exc:
            raise MalformedEventError("an event has the wrong shape") from exc

    def finish(self, reason: FinishReason) -> list[ModelChunk]:
        """End the answer for ``reason``; return that, after what was held back."""
        chunks: list[ModelChunk] = []
        if "reasoning" in self._high:
            chunks.append(ReasoningDelta(well_formed(self._high.pop("reasoning"))))
        if "text" in self._high:
            chunks.append(TextDelta(well_formed(self._high.pop("text"))))
        self.finished = True
        return [*chunks, Finish(reason)]

    def _chunks(self, event: dict[str, Any]) -> list[ModelChunk]:
        chunks: list[ModelChunk] = []
        choices = event.get("choices")
        if choices and not self.finished and not choices[0].get("index"):
            choice = choices[0]
            if delta := choice.get("delta"):
                self._read(delta, chunks)
            if word := choice.get("finish_reason"):
                if word in _BREAKDOWNS:
                    raise UpstreamError(event)
                # A word that is not known is still the server's regular end: the text is whole.
                chunks += self.finish(_FINISH_REASONS.get(word, "stop"))
        # Before the finish it is a running total, which some servers send along with every delta.
        if self.finished and (usage := _usage(event.get("usage"))):
            chunks.append(usage)
            self.complete = True
        return chunks

    def _read(self, delta: dict[str, Any], chunks: list[ModelChunk]) -> None:
        # Two names for one thing; servers that send both say the same in both.
        thought = delta.get("reasoning_content") or delta.get("reasoning")
        if thought and (thought := self._join("reasoning", thought)):
            chunks.append(ReasoningDelta(thought))
        # OpenAI keeps a model's own refusal apart; it is what the model has to say.
        text = delta.get("content") or delta.get("refusal")
        if text and (text := self._join("text", text)):
            self.spoken = True
            chunks.append(TextDelta(text))

    def _join(self, kind: str, piece: str) -> str:
        text = self._high.pop(kind) + piece if kind in self._high else piece
        if "\ud800" <= text[-1] <= "\udbff":
            self._high[kind], text = text[-1], text[:-1]
        return well_formed(text)


def _parse(payload: bytes) -> object:
    try:
        return orjson.loads(payload)
    except orjson.JSONDecodeError:
        pass
    try:
        # Slower, but it takes lone surrogates.
        return json.loads(payload)
    except (ValueError, RecursionError) as exc:
        raise MalformedEventError("an event is no JSON") from exc


def _usage(told: object) -> Usage | None:
    if not isinstance(told, dict):
        return None
    prompt, completion = told.get("prompt_tokens"), told.get("completion_tokens")
    if not _is_count(prompt) or not _is_count(completion):
        return None
    return Usage(prompt, completion)


def _is_count(told: object) -> TypeGuard[int]:
    """Say whether a number of tokens can be believed; a negative one would give quota back."""
    return isinstance(told, int) and not isinstance(told, bool) and 0 <= told <= _MOST_TOKENS
