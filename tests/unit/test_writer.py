"""One run: read, published at its pace, stored, ended exactly once, however it ends."""

import asyncio
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from proxy_app.core.chunks import Finish, Usage
from proxy_app.errors import ContextTooLongError, ModelBrokenError, ModelRateLimitedError, ModelRefusedError
from proxy_app.ports import PromptMessage
from proxy_app.runs.writer import WriterOptions
from tests.fakes.memory import MemoryRunStore, RecordingSink, ScriptedModel, Step

from .running import ANNOUNCEMENTS, INTERVAL, STOP, WRITER, open_bench, say

LEAKY = "sk-secret of /some/path"


async def test_an_answer_is_announced_published_stored_and_ended() -> None:
    async with open_bench(*say("Hel", "lo"), 0.1, *say(" world"), [*STOP, Usage(3, 5)]) as bench:
        run, client = await bench.write()

        assert [one.publication for one in bench.sink.published[:2]] == ANNOUNCEMENTS
        assert {one.channel for one in bench.sink.published} == {"chat:#guest-1"}
        assert [part.text for part in client.parts.values()] == ["Hello world"]
        assert (client.status, client.mismatched) == ("completed", False)
        assert client.outcome["usage"] == {"input_tokens": 3, "output_tokens": 5}
        assert [part.text for part in bench.store.runs[run].state.parts] == ["Hello world"]
        assert bench.stored(run).seq == client.seq
        assert len(bench.ends(run)) == 1


async def test_the_first_word_goes_out_at_once_and_the_next_keep_their_distance() -> None:
    words: list[Step] = [*say("w"), 0.001] * 500
    async with open_bench(*words, STOP) as bench:
        run, client = await bench.write()

        times = [one.at for one in bench.sink.events(run)]
        # A prompt that is looked up, announcements and the publication take a call each.
        assert times[0] <= 3 * bench.sink.duration + 1e-9
        # The end does not wait.
        assert all(later - earlier >= INTERVAL - 1e-9 for earlier, later in pairwise(times[:-1]))
        assert len(times) <= 0.5 / INTERVAL + 3
        assert client.parts["1"].text == "w" * 500
        assert bench.sink.most_under_way == 1


async def test_a_slow_way_out_makes_publications_larger_and_not_more() -> None:
    words: list[Step] = [*say("w"), 0.001] * 500
    async with open_bench(*words, STOP, sink=RecordingSink(duration=0.2)) as bench:
        run, client = await bench.write()

        assert len(bench.sink.events(run)) <= 5
        assert bench.sink.most_under_way == 1
        assert client.parts["1"].text == "w" * 500


async def test_the_reader_never_waits_for_a_publisher_that_is_stuck() -> None:
    sink = RecordingSink(stuck=True)
    async with open_bench(*say(*"Hello"), STOP, sink=sink) as bench:
        run = bench.start()
        await bench.until(lambda: bench.stored(run).status == "completed")

        assert asyncio.get_running_loop().time() < 0.1
        assert bench.model.told == 6
        assert [part.text for part in bench.store.runs[run].state.parts] == ["Hello"]
        assert bench.sink.published == []

        # Nobody waits for ever: it is the sweeper's when the time for it is over.
        await bench.until(lambda: bench.runs.state(run) is None)
        end = bench.store.runs[run].end
        sink.release()
        await bench.done(run)
        assert {one.publication.data for one in sink.events(run)} == {end}


class WatchingSink(RecordingSink):
    """A sink that asks how far the run is in the store whenever something is handed over."""

    def watch(self, store: MemoryRunStore, seen: list[tuple[bool, str]]) -> None:
        self.store, self.seen = store, seen

    async def publish(self, channel: str, publications: Any, /) -> Any:
        ends = b"run-end" in b"".join(publication.data for publication in publications)
        self.seen.append((ends, self.store.runs["run-1"].state.run.status))
        return await super().publish(channel, publications)


async def test_the_end_is_stored_before_it_is_published() -> None:
    sink, seen = WatchingSink(), list[tuple[bool, str]]()
    async with open_bench(*say("Hi"), 0.1, STOP, sink=sink) as bench:
        sink.watch(bench.store, seen)
        await bench.write()

    assert seen == [(False, "running"), (False, "running"), (True, "completed")]


ENDS: dict[str, tuple[list[Step], str, str, str]] = {
    "a regular end": ([*say("Hi"), STOP], "completed", "stop", "Hi"),
    "no reason at all": ([*say("Hi")], "completed", "stop", "Hi"),
    "an empty answer": ([STOP], "completed", "stop", ""),
    "the model's limit": ([*say("Hi"), [Finish("length")]], "incomplete", "length", "Hi"),
    "the filter within the text": (
        [*say("Hi"), [Finish("content-filter")]],
        "incomplete",
        "content-filter",
        "Hi",
    ),
    "tools": ([[Finish("tool-calls")]], "completed", "tool-calls", ""),
    "a broken stream": ([*say("Hi"), ModelBrokenError()], "failed", "error", "Hi"),
    "a refusal": ([ModelRefusedError()], "failed", "content-filter", ""),
    "a bug": ([*say("Hi"), RuntimeError(LEAKY)], "failed", "error", "Hi"),
    "a cancellation that nobody asked for": ([*say("Hi"), asyncio.CancelledError()], "failed", "error", "Hi"),
}


@pytest.mark.parametrize(("steps", "status", "reason", "text"), ENDS.values(), ids=ENDS)
async def test_every_end_is_one_end(steps: list[Step], status: str, reason: str, text: str) -> None:
    async with open_bench(*steps) as bench:
        run, client = await bench.write()

        assert (client.status, client.outcome["finish_reason"]) == (status, reason)
        assert "".join(part.text for part in client.parts.values()) == text
        assert "".join(part.text for part in bench.store.runs[run].state.parts) == text
        assert ("error" in client.outcome) == (status == "failed")
        assert len(bench.ends(run)) == 1
        assert bench.model.open == 0


async def test_a_model_error_tells_its_code_its_sentence_and_when_to_come_back() -> None:
    model = ScriptedModel(opening=[ModelRateLimitedError(retry_after=7.5)])
    async with open_bench(model=model) as bench:
        _, client = await bench.write()

    assert client.outcome["error"] == {
        "code": "model_rate_limited",
        "message": ModelRateLimitedError.sentence,
        "retry_after": 7.5,
    }


@pytest.mark.parametrize("where", ["opening", "streaming"])
@pytest.mark.parametrize(
    "bug", [RuntimeError(LEAKY), KeyError(LEAKY), ExceptionGroup(LEAKY, [OSError(LEAKY)])]
)
async def test_a_bug_in_the_model_adapter_ends_as_internal_and_leaks_nothing(
    bug: Exception, where: str
) -> None:
    model = ScriptedModel([bug]) if where == "streaming" else ScriptedModel(opening=[bug])
    async with open_bench(model=model) as bench:
        run, client = await bench.write()

        assert client.outcome["error"]["code"] == "internal"
        assert LEAKY.encode() not in b"".join(one.publication.data for one in bench.sink.published)
        assert bench.stored(run).error is not None
        # The others live on.
        bench.model.steps, bench.model.opening = [*say("Hi"), STOP], []
        _, other = await bench.write()
        assert other.status == "completed"


async def test_a_bug_on_the_way_out_ends_the_run_with_what_was_cut() -> None:
    async with open_bench(*say("Hi"), 5, STOP, sink=RecordingSink(bug=RuntimeError(LEAKY))) as bench:
        run = bench.start()
        await bench.until(lambda: bench.store.runs[run].owner == "nobody")
        assert bench.model.open == 0

        bench.sink.bug = None
        client = await bench.done(run)
        assert (client.status, client.attempt) == ("interrupted", 2)


async def test_an_answer_that_is_too_long_is_cut_and_the_stream_left() -> None:
    async with open_bench(*say("Hel", "lo!", "never"), 3600, max_answer=5) as bench:
        _, client = await bench.write()

        assert (client.status, client.outcome["finish_reason"]) == ("incomplete", "length")
        assert client.parts["1"].text == "Hello"
        assert (bench.model.told, bench.model.open) == (2, 0)


async def test_the_model_is_told_the_last_turns_that_fit_after_the_system_prompt() -> None:
    turns = [
        PromptMessage("user", "a" * 6),
        PromptMessage("assistant", "b" * 6),
        PromptMessage("user", "c" * 6),
    ]
    writer = WriterOptions(system_prompt="Be brief.", max_context=12)
    async with open_bench(STOP, store=MemoryRunStore(turns=turns), writer=writer) as bench:
        await bench.write()

    assert bench.model.asked == [[PromptMessage("system", "Be brief."), *turns[1:]]]


async def test_a_context_that_is_too_long_is_tried_once_with_half_of_the_turns() -> None:
    turns = [PromptMessage("user", letter * 100) for letter in "abcde"]
    writer = WriterOptions(system_prompt="s" * 600, max_context=1000)
    model = ScriptedModel(opening=[ContextTooLongError("Too long.")])
    async with open_bench(model=model, store=MemoryRunStore(turns=turns), writer=writer) as bench:
        _, client = await bench.write()

    # However long what has to be told in any case is.
    assert [len(messages) - 1 for messages in model.asked] == [5, 2]
    assert client.outcome["error"]["code"] == "context_too_long"


async def test_a_prompt_that_cannot_be_looked_up_is_asked_for_when_the_database_is_back() -> None:
    async with open_bench(*say("Hi"), STOP) as bench:
        bench.store.faults["prompt"] = ["away"] * 5
        _, client = await bench.write()

    assert client.status == "completed"
    assert bench.model.asked == [bench.store.turns]


async def test_a_prompt_that_cannot_be_looked_up_for_long_fails_the_run() -> None:
    writer = replace(WRITER, prompt_timeout=10)
    async with open_bench(STOP, writer=writer) as bench:
        bench.store.faults["prompt"] = ["away"] * 100
        _, client = await bench.write()
        assert 8 < asyncio.get_running_loop().time() <= 11

    assert client.outcome["error"] == {"code": "internal", "message": "The database is away."}
    assert bench.model.asked == []


async def test_an_end_that_cannot_be_stored_is_stored_when_it_can_and_told_only_then() -> None:
    async with open_bench(*say("Hi"), STOP) as bench:
        bench.store.faults["finish"] = ["away"] * 5
        run = bench.start()
        await bench.until(lambda: bench.model.told == 2)
        await asyncio.sleep(1)
        assert bench.ends(run) == []
        state = bench.runs.state(run)
        assert state is not None
        assert state.run.status == "running"

        client = await bench.done(run)
        assert (client.status, client.parts["1"].text) == ("completed", "Hi")
        assert len(bench.ends(run)) == 1


async def test_an_end_that_was_stored_unheard_is_published_all_the_same() -> None:
    async with open_bench(*say("Hi"), STOP) as bench:
        bench.store.faults["finish"] = ["unheard"]
        run = bench.start()
        await bench.until(lambda: bench.store.runs[run].end is not None)
        end = bench.store.runs[run].end

        await bench.done(run)
        assert bench.stored(run).status == "completed"
        assert bench.sink.events(run)[-1].publication.data == end
        assert len(bench.ends(run)) == 1


async def test_what_is_under_way_at_the_end_comes_before_the_rest() -> None:
    async with open_bench(*say("Hel"), 0.01, *say("lo"), STOP, sink=RecordingSink(duration=0.5)) as bench:
        run, client = await bench.write()

        assert [event["seq"] for event in bench.events(run)] == list(range(1, client.seq + 1))
        assert client.parts["1"].text == "Hello"
