"""The known text of a scripted answer: what a prompt asks the fake upstream for, and what it then says."""

import random
import re
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from zlib import crc32

_WORDS = (
    *(
        "the socket",
        " carries",
        " every",
        " word",
        " once",
        ",",
        " and",
        " no",
        " more",
        ".",
        " a",
        " b",
        " 42",
    ),
    *(
        "\n",
        "\n\n",
        "\n- ",
        "\n1. ",
        "## ",
        "**",
        "`",
        "\t",
        "  ",
        '"',
        "\\",
        "<b>",
        "&amp;",
        "</script>",
        "\u2028",
    ),
    *("\n```python\nprint(", ")\n```\n", "| a | b |\n|---|---|\n", "$x^2$", "https://example.org/?q=1&r=2"),
    *(
        "世界",
        "こんにちは",
        "안녕",
        "мир",
        "שלום",
        "مرحبا",
        "e\u0301",
        "n\u0303o",
        "à",
        "ß",
        "ﬃ",
        "\u200d",
        "\ufeff",
    ),
    *("🙂", "👩‍👩‍👧‍👦", "🏳️‍🌈", "🇩🇪", "👍🏽", "𝒳", "𠜎", "\U0010ffff"),
)
_OPTION = re.compile(r"\b([a-z_]+):([\w.-]+)")


@dataclass(frozen=True, slots=True)
class Wish:
    """What a prompt asks for, in words such as ``tokens:200 rate:50 seed:3``."""

    tokens: int = 40
    """Deltas of text."""
    rate: float = 0
    """Deltas per second; 0 for as fast as the client reads."""
    seed: int = 0
    """Which text; by default the prompt's own."""
    reasoning: int = 0
    """Deltas of reasoning before the text."""
    delay: float = 0
    """Seconds between the head and the first token."""
    head: float = 0
    """Seconds before the head."""
    split: int = 0
    """1: characters beyond the BMP are cut into two deltas, one surrogate each."""
    finish: str = "stop"
    """Finish reason; ``none`` ends the stream without one."""
    usage: int = 1
    """0: no usage, even when asked."""
    cut: int = -1
    """Resets the connection after that many tokens."""
    stall: int = -1
    """Falls silent after that many tokens, until the client goes."""
    fail: int = 0
    """Answers with this HTTP status instead."""


_DEFAULT = Wish()


@lru_cache(maxsize=4096)
def read_wish(prompt: str) -> Wish:
    """Read the options in ``prompt``; words that are no options are only a seed."""
    found: dict[str, int | float | str] = {"seed": crc32(prompt.encode("utf-8", "surrogatepass"))}
    for name, value in _OPTION.findall(prompt):
        default = getattr(_DEFAULT, name, None)
        with suppress(ValueError):  # A word that only looks like an option.
            if default is not None:
                found[name] = type(default)(value)
    return Wish(**found)  # type: ignore[arg-type]  # Each value has its default's type.


@lru_cache(maxsize=64)
def text_deltas(prompt: str) -> tuple[str, ...]:
    """Return the deltas of the answer to ``prompt``, each as the model would say it."""
    wish = read_wish(prompt)
    words = random.Random(wish.seed).choices(_WORDS, k=wish.tokens)
    if not wish.split:
        return tuple(words)
    return tuple(delta for word in words for delta in _split(word))


@lru_cache(maxsize=64)
def reasoning_deltas(prompt: str) -> tuple[str, ...]:
    """Return the deltas of the reasoning before that answer."""
    wish = read_wish(prompt)
    return tuple(random.Random(wish.seed + 1).choices(_WORDS, k=wish.reasoning))


def expected_text(prompt: str) -> str:
    """Return the text that a client must end up with."""
    wish = read_wish(prompt)
    words = random.Random(wish.seed).choices(_WORDS, k=wish.tokens)
    return "".join(words)


def expected_reasoning(prompt: str) -> str:
    """Return the reasoning that a client must end up with."""
    return "".join(reasoning_deltas(prompt))


def _split(word: str) -> list[str]:
    if len(word) != 1 or word <= "\uffff":
        return [word]
    units = word.encode("utf-16-be")
    return [units[at : at + 2].decode("utf-16-be", "surrogatepass") for at in (0, 2)]
