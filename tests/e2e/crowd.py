"""Many people with many answers at once, who note every end that they are told of."""

import asyncio
import json
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field

from tests.client import ChatClient, Sent, new_id
from tests.fakes.openai_server import FakeRequest
from tests.fakes.openai_text import text_deltas
from tests.stack.cluster import Cluster
from tests.stack.service import Service

from .answers import Json, prompt

EACH = 10
"""Answers at once, per person; fewer than the service allows."""

PATIENCE = 6
"""How often a prompt is sent that gets no answer within five seconds."""
AT_ONCE = 16
"""Prompts that are on their way at the same time."""


class Witness(ChatClient):
    """A client that counts ends: by run, at which ``(attempt, seq)`` it was told of one."""

    def __init__(self, url: str, token: str | None) -> None:
        super().__init__(url, token)
        self.ends: dict[str, set[tuple[int, int]]] = defaultdict(set)

    def take_publication(self, event: Json) -> None:
        if event.get("type") == "run" and any(chunk["type"] == "run-end" for chunk in event["chunks"]):
            self.ends[event["run"]].add((event["attempt"], event["seq"]))
        super().take_publication(event)


@dataclass(slots=True)
class Answer:
    """One prompt on its way."""

    client: Witness
    text: str
    """The prompt."""
    sent: Sent

    @property
    def said(self) -> str:
        """What its client holds of the answer."""
        return self.client.text(self.sent.reply["id"])


@dataclass(slots=True)
class Crowd:
    """People, each on either node, and their answers."""

    cluster: Cluster
    people: list[Witness]
    answers: list[Answer] = field(default_factory=list)

    async def ask(self, count: int, wishes: Sequence[str], *, through: Service | None = None) -> None:
        """Send ``count`` prompts, whose wishes take turns; ``through`` one service or, else, either."""

        turns = asyncio.Semaphore(AT_ONCE)

        async def ask_one(number: int) -> Answer:
            client, text = self.people[number % len(self.people)], prompt(wishes[number % len(wishes)])
            async with turns:
                if through is None:
                    return Answer(client, text, await client.send(text))
                return Answer(client, text, await send_through(self.cluster, through, client, text))

        self.answers += await asyncio.gather(*map(ask_one, range(count)))

    async def begun(self) -> None:
        """Wait until every answer has text."""
        await asyncio.gather(*(answer.client.begun(answer.sent.run) for answer in self.answers))

    async def ended(self, timeout: float) -> None:
        """Wait until every answer's client knows its end."""
        try:
            await asyncio.gather(*(answer.client.ended(answer.sent.run, timeout) for answer in self.answers))
        except TimeoutError:
            raise AssertionError(await self.late(timeout)) from None

    async def late(self, timeout: float) -> str:
        """Say what is known of the first answers that have no end."""
        late = [answer for answer in self.answers if answer.client.held(answer.sent.run) is None]
        late += [
            answer
            for answer in self.answers
            if (held := answer.client.held(answer.sent.run)) and (not held.ended or held.asks)
        ]
        lines = [f"{len(late)} of {len(self.answers)} answers have no end after {timeout:g} s"]
        for answer in late[:5]:
            held = answer.client.held(answer.sent.run)
            row = await self.cluster.query(
                "SELECT id, status, attempt, seq, owner FROM runs WHERE id = $1",
                answer.sent.run,
            )
            told = (held.status, held.at, sorted(held.aside)) if held else None
            lines.append(f"client: {told}, subscribed: {answer.client.subscribed}, store: {row}")
        return "\n".join(lines)

    def statuses(self) -> Counter[str]:
        """Count how the answers ended, as their clients know it."""
        held = (answer.client.held(answer.sent.run) for answer in self.answers)
        return Counter(run.status if run else "unknown" for run in held)

    def requests(self) -> dict[str, list[FakeRequest]]:
        """Return what reached the upstream, by prompt."""
        asked: dict[str, list[FakeRequest]] = {answer.text: [] for answer in self.answers}
        for request in self.cluster.openai.requests:
            if request.prompt in asked:
                asked[request.prompt].append(request)
        return asked

    async def assert_consistent(self) -> None:
        """Check of every answer: one end, the client's text is the store's, and the upstream's beginning."""
        rows = await self.cluster.query(
            "SELECT runs.id, runs.status, messages.parts FROM runs JOIN messages ON messages.id = message_id"
            " WHERE runs.id = ANY($1::varchar[])",
            [answer.sent.run for answer in self.answers],
        )
        stored = {row["id"]: row for row in rows}
        assert len(stored) == len(self.answers)
        for answer in self.answers:
            row = stored[answer.sent.run]
            kept = "".join(part["text"] for part in json.loads(row["parts"]) if part["type"] == "text")
            held = answer.client.held(answer.sent.run)
            assert held is not None
            assert held.status == row["status"] != "running"
            assert answer.said == kept, (answer.sent.run, held.status, len(answer.said), len(kept))
            assert whole(answer.text).startswith(kept), answer.sent.run
            # Told of it at most at one place; a client that was away may have it from a snapshot.
            assert len(answer.client.ends[answer.sent.run]) <= 1
        assert sum(person.mismatches for person in self.people) == 0
        published = await self._published_ends()
        odd = {run: (stored[run]["status"], published[run]) for run in stored if len(published[run]) != 1}
        assert not odd

    async def _published_ends(self) -> dict[str, set[tuple[int, int]]]:
        """Return where in Centrifugo's history each run has an end; its history must reach back that far."""
        ends: dict[str, set[tuple[int, int]]] = defaultdict(set)
        for person in self.people:
            for event in await self.cluster.centrifugos[0].history(person.welcome["channel"]):
                if event.get("type") == "run" and event["chunks"][-1]["type"] == "run-end":
                    ends[event["run"]].add((event["attempt"], event["seq"]))
        return ends


def whole(text: str, deltas: int | None = None) -> str:
    """Return the whole answer to a prompt, or what its first deltas say."""
    return "".join(text_deltas(text)[:deltas])


@asynccontextmanager
async def gather_crowd(cluster: Cluster, count: int) -> AsyncIterator[Crowd]:
    """Connect so many people, through nginx, which spreads them over both nodes."""
    async with AsyncExitStack() as opened:
        crowd = Crowd(cluster, [])
        for _ in range(count):
            person = await opened.enter_async_context(Witness.open(cluster.url))
            assert isinstance(person, Witness)
            crowd.people.append(person)
        yield crowd


async def call_through(
    cluster: Cluster, service: Service, client: ChatClient, method: str, data: Json
) -> Json:
    """Call a method in the client's name through one service, as Centrifugo does."""
    body = {
        "client": "c",
        "transport": "websocket",
        "protocol": "json",
        "encoding": "json",
        "user": client.welcome["user"],
        "method": method,
        "data": data,
    }
    headers = {"X-Proxy-Secret": cluster.centrifugos[0].proxy_secret}
    status, reply = await service.post("/centrifugo/rpc", json.dumps(body).encode(), headers)
    assert status == 200, reply
    assert "error" not in reply, reply
    result: Json = reply["result"]["data"]
    return result


async def send_through(cluster: Cluster, service: Service, client: ChatClient, text: str) -> Sent:
    """Send a prompt through one service, which then owns the run; again where it does not answer in time."""
    request = {"client_message_id": new_id(), "text": text}
    for _ in range(PATIENCE):
        with suppress(TimeoutError):
            reply = await call_through(cluster, service, client, "chat:send", request)
            break
    else:
        raise AssertionError(f"no answer to a prompt, {PATIENCE} times")
    return Sent(reply["conversation"], reply["message"], reply["reply"], reply["duplicate"])
