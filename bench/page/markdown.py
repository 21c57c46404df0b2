"""Answers as models write them: markdown of every kind, in tokens of some four characters."""

import random
import re
from collections.abc import Iterator

_SAID = (
    "the server keeps every answer until it has an end and tells clients what they have missed since then "
    "because a network may fail at any moment while people expect that nothing is lost or shown twice"
)
_WORDS = _SAID.split()
_TOKEN = re.compile(r"\s?\w{1,8}|[^\w\s]{1,4}|\s+")


def tokens(count: int, seed: int = 1) -> list[str]:
    """Return so many tokens of an answer; the same ones for the same seed."""
    said: list[str] = []
    for section in _sections(random.Random(seed)):
        said += _TOKEN.findall(section)
        if len(said) >= count:
            return said[:count]
    raise AssertionError("there is no end to sections")


def _sections(chance: random.Random) -> Iterator[str]:
    number = 0
    while True:
        number += 1
        yield f"## Section {number}\n\n"
        for make in (_paragraph, _list, _paragraph, _table, _code, _math, _quote):
            yield make(chance) + "\n\n"


def _sentence(chance: random.Random, words: int) -> str:
    said = chance.choices(_WORDS, k=words)
    bold, code, link = chance.sample(range(words), k=3)
    said[bold] = f"**{said[bold]}**"
    said[code] = f"`{said[code]}()`"
    said[link] = f"[{said[link]}](https://example.org/{said[link]})"
    return " ".join(said) + "."


def _paragraph(chance: random.Random) -> str:
    return " ".join(_sentence(chance, 18) for _ in range(4))


def _list(chance: random.Random) -> str:
    items = (f"- {_sentence(chance, 12)}\n  1. {_sentence(chance, 9)}" for _ in range(5))
    return "\n".join(items)


def _table(chance: random.Random) -> str:
    rows = (f"| {' | '.join(chance.choices(_WORDS, k=3))} | {chance.randrange(10_000)} |" for _ in range(8))
    return "\n".join(["| name | what | why | count |", "| --- | --- | --- | ---: |", *rows])


def _code(chance: random.Random) -> str:
    lines = (
        f'    {chance.choice(_WORDS)}_{at} = await read("{chance.choice(_WORDS)}")  # {chance.choice(_WORDS)}'
        for at in range(24)
    )
    return "\n".join(["```python", "async def main() -> None:", *lines, "```"])


def _math(chance: random.Random) -> str:
    left, right = chance.randrange(2, 99), chance.randrange(2, 99)
    within = f"With $x_{{{left}}} \\le {right}$ and $n = {left}$:"
    return f"{within}\n\n$$\n\\sum_{{i=1}}^{{{right}}} \\frac{{x_i^2}}{{{left}}}\n$$"


def _quote(chance: random.Random) -> str:
    return f"> {_sentence(chance, 14)}\n> {_sentence(chance, 14)}"
