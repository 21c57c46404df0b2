"""Events of OpenAI's stream become chunks, whatever the server's dialect."""

import json
from contextlib import suppress
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy_app.core.chunks import Finish, ModelChunk, ReasoningDelta, TextDelta, Usage
from proxy_app.core.completion import CompletionParser, MalformedEventError, UpstreamError

# Everything that JSON can say, lone surrogates of both kinds far more often than by chance.
UNITS = st.one_of(st.characters(), st.sampled_from("\ud83d\ude00\udbff\udc00"))


def say(parser: CompletionParser, **choice: Any) -> list[ModelChunk]:
    return parser.feed(json.dumps({"choices": [{"index": 0, **choice}]}).encode())


def joined(chunks: list[ModelChunk], kind: type[TextDelta] | type[ReasoningDelta]) -> str:
    return "".join(chunk.text for chunk in chunks if isinstance(chunk, kind))


@given(st.text(alphabet=UNITS), st.lists(st.integers(0, 1000), max_size=8))
def test_text_that_is_cut_between_surrogates_is_the_same_as_uncut(text: str, places: list[int]) -> None:
    units = text.encode("utf-16-le", "surrogatepass")
    edges = [0, *sorted(2 * (place % (len(units) // 2 + 1)) for place in places), len(units)]
    deltas = [units[start:end].decode("utf-16-le", "surrogatepass") for start, end in pairwise(edges)]
    parser = CompletionParser()

    chunks = [chunk for delta in deltas for chunk in say(parser, delta={"content": delta})]
    chunks += say(parser, delta={}, finish_reason="stop")

    assert joined(chunks, TextDelta) == units.decode("utf-16-le", "replace")
    assert chunks[-1] == Finish("stop")
    for chunk in chunks[:-1]:
        assert isinstance(chunk, TextDelta)
        assert chunk.text
        chunk.text.encode()  # Well-formed, each by itself.


def test_a_pair_is_joined_within_its_own_kind() -> None:
    parser = CompletionParser()
    deltas = [
        ("content", "a\ud83d"),
        ("reasoning_content", "b\ud83c"),
        ("content", "\ude00"),
        ("reasoning", "\udf0d"),
    ]
    chunks = [chunk for name, text in deltas for chunk in say(parser, delta={name: text})]
    assert chunks == [TextDelta("a"), ReasoningDelta("b"), TextDelta("😀"), ReasoningDelta("🌍")]


def test_a_high_surrogate_without_a_partner_is_replaced_before_the_finish() -> None:
    parser = CompletionParser()
    assert say(parser, delta={"content": "a\ud83d", "reasoning": "\ud83d"}) == [TextDelta("a")]
    end = say(parser, delta={}, finish_reason="stop")
    assert end == [ReasoningDelta("\ufffd"), TextDelta("\ufffd"), Finish("stop")]


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("stop", "stop"),
        ("length", "length"),
        ("max_tokens", "length"),
        ("content_filter", "content-filter"),
        ("tool_calls", "tool-calls"),
        ("function_call", "tool-calls"),
        ("a word from the future", "stop"),
    ],
)
def test_finish_reasons_become_our_words(word: str, reason: str) -> None:
    parser = CompletionParser()
    [finish] = say(parser, delta={}, finish_reason=word)
    assert finish == Finish(reason)  # type: ignore[arg-type]
    assert parser.finished


@pytest.mark.parametrize("word", ["error", "abort", "insufficient_system_resource"])
def test_a_breakdown_is_no_regular_end(word: str) -> None:
    parser = CompletionParser()
    with pytest.raises(UpstreamError):
        say(parser, delta={}, finish_reason=word)
    assert not parser.finished


def test_the_last_delta_may_come_with_the_finish() -> None:
    parser = CompletionParser()
    assert say(parser, delta={"content": "!"}, finish_reason="stop") == [TextDelta("!"), Finish("stop")]


def test_usage_counts_after_the_finish_only() -> None:
    parser = CompletionParser()
    usage = {"prompt_tokens": 3, "completion_tokens": 1}
    first = {"choices": [{"delta": {"content": "a"}}], "usage": usage}
    assert parser.feed(json.dumps(first).encode()) == [TextDelta("a")]
    last = {"choices": [{"delta": {}, "finish_reason": "stop"}], "usage": usage | {"completion_tokens": 2}}
    assert parser.feed(json.dumps(last).encode()) == [Finish("stop"), Usage(3, 2)]
    assert parser.complete


@pytest.mark.parametrize(
    "usage",
    [
        None,
        {},
        {"prompt_tokens": "3"},
        [1],
        5,
        {"prompt_tokens": 3, "completion_tokens": -1},
        {"prompt_tokens": 2**31, "completion_tokens": 1},
        {"prompt_tokens": 10**30, "completion_tokens": 1},
        {"prompt_tokens": True, "completion_tokens": 1},
    ],
)
def test_strange_usage_is_no_usage(usage: object) -> None:
    parser = CompletionParser()
    say(parser, delta={}, finish_reason="stop")
    assert parser.feed(json.dumps({"choices": [], "usage": usage}).encode()) == []
    assert not parser.complete


def test_text_after_the_finish_is_not_taken_in() -> None:
    parser = CompletionParser()
    say(parser, delta={}, finish_reason="stop")
    assert say(parser, delta={"content": "more"}) == []


def test_other_choices_are_not_ours() -> None:
    assert say(CompletionParser(), index=1, delta={"content": "other"}) == []


def test_events_without_text_say_nothing() -> None:
    parser = CompletionParser()
    for choice in (
        {"delta": {"role": "assistant", "content": ""}},
        {"delta": {"content": None}},
        {"delta": None},
        {},
    ):
        assert say(parser, **choice) == []
    assert parser.feed(b'{"choices": [], "prompt_filter_results": []}') == []
    assert not parser.spoken


def test_a_refusal_is_what_the_model_says() -> None:
    assert say(CompletionParser(), delta={"content": None, "refusal": "No."}) == [TextDelta("No.")]


def test_the_end_mark_completes() -> None:
    parser = CompletionParser()
    assert parser.feed(b"[DONE]") == []
    assert parser.complete
    assert not parser.finished


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"garbage",
        b'{"choices":[{"delta":{"content":"cut',
        b"\xff\xfe\x00",
        b"[" * 100_000,
        b"[]",
        b"1",
        b"null",
        b'{"choices": {"a": 1}}',
        b'{"choices": 5}',
        b'{"choices": ["x"]}',
        b'{"choices": [{"delta": {"content": ["a list"]}}]}',
        b'{"choices": [{"delta": {"content": 5}}]}',
        b'{"choices": [{"delta": "text"}]}',
        b'{"choices": [{"delta": {}, "finish_reason": ["stop"]}]}',
    ],
)
def test_what_is_no_such_event_is_malformed(payload: bytes) -> None:
    with pytest.raises(MalformedEventError):
        CompletionParser().feed(payload)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner, max_size=2)
            | st.dictionaries(
                st.sampled_from(["choices", "delta", "content", "finish_reason", "usage", "error", "index"]),
                inner,
                max_size=4,
            )
        ),
    )
)
def test_no_json_at_all_breaks_the_parser(data: object) -> None:
    with suppress(MalformedEventError, UpstreamError):
        CompletionParser().feed(json.dumps(data).encode())


@pytest.mark.parametrize(
    "event",
    [
        {"error": {"message": "overloaded", "code": 529}},
        {"error": "plain words"},
        {"object": "error", "message": "vLLM's own way", "code": 400},
    ],
)
def test_a_failure_within_the_stream_is_told(event: dict[str, object]) -> None:
    with pytest.raises(UpstreamError) as caught:
        CompletionParser().feed(json.dumps(event).encode())
    assert caught.value.body == event
