"""What a client holds: conversations, messages and runs (``docs/protocol.md`` §2-§4)."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from .runs import Json, RunCopy, Verdict


@dataclass(slots=True)
class Wants:
    """What the client has to ask for after it took something in."""

    runs: set[str] = field(default_factory=set)
    conversations: set[str] = field(default_factory=set)


@dataclass(slots=True)
class State:
    """Whole states and runs, in whatever order they arrive."""

    conversations: dict[str, Json] = field(default_factory=dict)
    messages: dict[str, Json] = field(default_factory=dict)
    runs: dict[str, RunCopy] = field(default_factory=dict)
    run_of_message: dict[str, str] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    """How often each verdict was given, and what kinds of events came."""

    def run(self, id_: str, message: str) -> RunCopy:
        """Return what is held of a run; of one that nobody has told us about, nothing."""
        self.run_of_message[message] = id_
        return self.runs.setdefault(id_, RunCopy(id_))

    def text(self, message: str) -> str:
        """Return the text of a message: its run's, where there is one."""
        if run := self.runs.get(self.run_of_message.get(message, "")):
            return run.text()
        parts = self.messages.get(message, {}).get("parts", [])
        return "".join(part.get("text", "") for part in parts if part["type"] == "text")

    def siblings(self, message: str) -> list[str]:
        """Return all messages that are known to answer what ``message`` answers, oldest first."""
        family = self.messages[message]["conversation"], self.messages[message]["parent"]
        known = {id_: held for id_, held in self.messages.items() if _family(held) == family}
        named = {id_ for held in known.values() for id_ in held.get("siblings", [])}
        return sorted(named | known.keys())

    def take_publication(self, event: Json) -> Wants:
        """Apply an event of the channel; types that we do not know are ignored."""
        wants = Wants()
        kind = event.get("type")
        self.counts[f"event {kind}"] += 1
        if kind == "message":
            self._take_message(event["message"], wants)
        elif kind == "conversation":
            self.take_conversation(event["conversation"])
        elif kind == "run":
            run = self.run(event["run"], event["message"])
            self._judge(run, run.take_event(event), wants)
        return wants

    def take_sync(self, reply: Json) -> Wants:
        """Apply the reply of ``chat:sync``; runs held as running that it does not name are asked for."""
        wants = Wants()
        for conversation in reply["conversations"]:
            self.take_conversation(conversation)
        if shown := reply.get("conversation"):
            wants.runs |= self.take_page(shown).runs
        for snapshot in reply["runs"]:
            wants.runs |= self.take_run_state(snapshot).runs
        named = {snapshot["run"]["id"] for snapshot in reply["runs"]}
        wants.runs |= {id_ for id_, run in self.runs.items() if not run.ended and id_ not in named}
        return wants

    def take_run_state(self, snapshot: Json) -> Wants:
        """Apply a RunState."""
        wants = Wants()
        run = self.run(snapshot["run"]["id"], snapshot["message"])
        self._judge(run, run.take_snapshot(snapshot["run"], snapshot["parts"]), wants)
        if snapshot.get("truncated"):
            wants.runs.add(run.id)
        return wants

    def take_page(self, reply: Json) -> Wants:
        """Apply the reply of ``chat:conversation``."""
        self.take_conversation(reply["conversation"])
        return self.take_messages(reply["messages"])

    def take_messages(self, messages: Iterable[Json]) -> Wants:
        """Apply messages, whole or truncated."""
        wants = Wants()
        for message in messages:
            self._take_message(message, wants)
        return wants

    def take_conversation(self, conversation: Json) -> None:
        """Keep the conversation where its version is larger than the one held."""
        held = self.conversations.get(conversation["id"])
        if held is None or conversation["version"] > held["version"]:
            self.conversations[conversation["id"]] = conversation

    def _take_message(self, message: Json, wants: Wants) -> None:
        held = self.messages.get(message["id"])
        completes = held is not None and held.get("truncated") and not message.get("truncated")
        same = held is not None and message["version"] == held["version"]
        if held is None or message["version"] > held["version"] or (same and completes):
            self.messages[message["id"]] = message
        if self.messages[message["id"]].get("truncated"):
            wants.conversations.add(message["conversation"])
        if (status := message.get("run")) and not message.get("truncated"):
            run = self.run(status["id"], message["id"])
            self._judge(run, run.take_snapshot(status, message["parts"]), wants)

    def _judge(self, run: RunCopy, verdict: Verdict, wants: Wants) -> None:
        self.counts[verdict.value] += 1
        if run.asks:
            wants.runs.add(run.id)


def _family(message: Json) -> tuple[str, str | None]:
    return message["conversation"], message["parent"]
