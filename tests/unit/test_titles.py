"""Titles that a model writes: what is made of its answer, and what it may cost."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy_app.conversations.titling import Titling
from proxy_app.core.chunks import ModelChunk, TextDelta, Usage
from proxy_app.core.objects import Conversation, Message, Part, RunState, RunStatus
from proxy_app.core.text import utf16_length
from proxy_app.core.titles import MAX_TITLE, clean_title, excerpt
from proxy_app.errors import ModelError, UnavailableError
from proxy_app.ports import ModelInfo, Sent
from tests.fakes.memory import RecordingSink, ScriptedModel, Step

Chunks = list[ModelChunk]


@pytest.mark.parametrize(
    ("said", "title"),
    [
        ("Cats and dogs", "Cats and dogs"),
        ('"Cats and dogs."', "Cats and dogs"),
        ("“Katzen”", "Katzen"),
        ("**Cats** and `dogs`", "Cats and dogs"),
        ("# Title: Cats", "Cats"),
        ("**Title:** Cats", "Cats"),
        ("\n\n  Cats\tand\u2028", "Cats and"),
        ("Cats\nThis title says it all.", "Cats"),
        ("---\nCats", "Cats"),
        ("What is C++?", "What is C++?"),
        ("日本の猫", "日本の猫"),
        ("x" * 81, "x" * 79 + "…"),
        ("🙂", None),
        ("", None),
        (' "" \n ** ', None),
        ("\0\x1b[31mRed", "31mRed"),
    ],
)
def test_a_title_is_one_bare_line(said: str, title: str | None) -> None:
    assert clean_title(said) == title


@given(st.text())
def test_whatever_a_model_says_a_title_is_short_and_printable(said: str) -> None:
    title = clean_title(said)
    if title is not None:
        assert 0 < utf16_length(title) <= MAX_TITLE
        assert title.isprintable()
        assert title == title.strip()


def test_the_model_is_told_the_beginnings() -> None:
    told = excerpt("p" * 9_000, "a" * 9_000)
    assert (told.count("p"), told.count("a")) == (2_000, 2_000)


@dataclass(slots=True)
class FakeStore:
    """Remembers titles."""

    entitled: list[tuple[str, str, str | None, int]] = field(default_factory=list)
    away: bool = False

    async def entitle(
        self, user: str, conversation: str, expected: str, title: str | None, tokens: int
    ) -> Conversation | None:
        """Take any title."""
        if self.away:
            raise UnavailableError("The database is away.")
        self.entitled.append((conversation, expected, title, tokens))
        return None if title is None else Conversation(conversation, title, 0, 0, None, 3)


def sent(conversation: str = "c", *, title: str = "Hi", parent: str | None = None, model: str = "m") -> Sent:
    """Return a prompt whose answer is being written."""
    prompt = Message("p", conversation, parent, "user", 0, 1, [Part("1", "text", "Hi")])
    reply = Message("a", conversation, "p", "assistant", 0, 1, [], model=model)
    return Sent(Conversation(conversation, title, 0, 0, "a", 1), prompt, reply)


ANSWERED = RunState("c", "a", RunStatus("r", 1, 3, "completed", "stop"), [Part("1", "text", "Hello!")])


class Desk:
    """A ``Titling`` between fakes."""

    def __init__(self, *steps: Step, name: str | None = None) -> None:
        self.store, self.model, self.sink = FakeStore(), ScriptedModel(steps), RecordingSink()
        infos = [ModelInfo("m", "M"), ModelInfo("demo", "Demo", demo=True)]
        self.titling = Titling(
            self.store,  # type: ignore[arg-type]
            self.model,
            self.sink,
            models=lambda: infos,
            name=name,
        )

    def ask(self, one: Sent) -> bool:
        """Let an answer complete; say whether a title is wanted."""
        ended = self.titling.after("user", one)
        if ended is not None:
            ended(ANSWERED)
        return ended is not None

    async def until(self, count: int, seconds: float = 60) -> None:
        """Write until so many titles are stored, or for so long in virtual time."""
        task = asyncio.create_task(self.titling.run())
        for _ in range(int(seconds * 10)):
            if len(self.store.entitled) >= count:
                break
            await asyncio.sleep(0.1)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert self.model.open == 0


def say(*texts: str, usage: Usage | None = None) -> Sequence[Step]:
    chunks: Chunks = [TextDelta(text) for text in texts]
    return [[*chunks, usage] if usage else chunks]


async def test_a_title_is_stored_and_told_with_what_it_cost() -> None:
    desk = Desk(*say("Gre", "eting", usage=Usage(30, 4)))
    assert desk.ask(sent())
    await desk.until(1)

    assert desk.store.entitled == [("c", "Hi", "Greeting", 34)]
    assert [one.channel for one in desk.sink.announced] == ["chat:#user"]
    assert b'"title":"Greeting"' in desk.sink.announced[0].publication.data
    assert [message.role for message in desk.model.asked[0]] == ["system", "user"]
    assert "Hello!" in desk.model.asked[0][1].text


async def test_only_a_first_prompt_with_its_own_title_and_a_real_model_get_one() -> None:
    desk = Desk(*say("T"))
    assert not desk.ask(sent(parent="another"))
    assert not desk.ask(sent(title="Chosen"))
    assert not desk.ask(sent(model="demo"))
    assert desk.ask(sent())


async def test_what_costs_nothing_told_is_estimated_and_too_much_is_cut_off() -> None:
    desk = Desk(*say("x" * 600), *say("y" * 600), *say("z" * 600))
    desk.ask(sent())
    await desk.until(1)

    assert desk.model.told == 2
    ((_, _, title, tokens),) = desk.store.entitled
    assert title == "x" * 79 + "…"
    assert tokens > 300


@pytest.mark.parametrize("trouble", [ModelError("It broke."), 3600.0], ids=["a failure", "silence"])
async def test_trouble_keeps_the_title_and_holds_nobody_up(trouble: float | ModelError) -> None:
    desk = Desk(trouble)
    for number in range(9):
        desk.ask(sent(f"c{number}"))
    await desk.until(1, seconds=70)

    assert desk.store.entitled == []
    assert desk.sink.announced == []
    assert len(desk.model.asked) == 9  # Four at a time, none longer than twenty seconds.


async def test_a_database_that_is_away_keeps_the_title() -> None:
    desk = Desk(*say("T"))
    desk.store.away = True
    desk.ask(sent())
    await desk.until(1, seconds=1)

    assert len(desk.model.asked) == 1
    assert desk.sink.announced == []


async def test_no_more_wait_than_may() -> None:
    desk = Desk(*say("T"))
    for number in range(300):
        desk.ask(sent(f"c{number}"))
    await desk.until(300, seconds=5)

    assert len(desk.store.entitled) == 200
