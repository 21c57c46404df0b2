"""What is said in the pictures: always the same."""

EARLIER = (
    "Names for a sailing boat",
    "Translate a letter to the landlord",
    "Why is the sky dark at night?",
    "Shell: rename many files",
    "Bread with 75 % water",
    "A regular expression for dates",
)
"""Prompts of conversations that fill the list, the oldest first."""
SHORT = "Gladly. Here is what I would try first, and why."

LIST = """\
Three things decide whether a prompt survives a bad network:

1. **It has an id before it is sent.** The page keeps it, and sends it *again* under the same one.
2. **The server stores before it answers.** A repeated `chat:send` finds what is there.
3. **Nobody trusts a socket.** What was missed is asked for by position:
   - a short gap comes out of the channel's history,
   - a long one out of the database.

> Exactly once is at least once, plus remembering.

More of it is in [the protocol](https://example.org/protocol).
"""

TABLE = """\
All four are from the same bakery, baked at 250 °C and weighed an hour later:

| bread | flour | water | rest | crumb |
| --- | --- | ---: | ---: | --- |
| Pain de campagne | wheat, 10 % rye | 72 % | 14 h | open, moist |
| Ciabatta | wheat | 82 % | 18 h | very open |
| Vollkornbrot | whole rye | 95 % | 24 h | dense, sour |
| Sandwich loaf | wheat | 62 % | 3 h | fine, soft |

With more water the crumb opens; with more rye it closes again, since rye has little gluten.
"""

CODE = '''\
A coalescer holds text back, but never longer than it may. Time is an argument, so a test needs no clock:

```python
from dataclasses import dataclass, field


@dataclass(slots=True)
class Coalescer:
    """Hold text back, but never longer than ``max_delay`` seconds."""

    max_delay: float
    deadline: float | None = field(default=None, init=False)
    _text: str = field(default="", init=False)

    def push(self, text: str, now: float) -> str:
        """Take in ``text``; return what must go out now, which may be nothing."""
        if text and self.deadline is None:
            self.deadline = now + self.max_delay
        self._text += text
        due = self.deadline is not None and now >= self.deadline
        return self.flush() if due else ""

    def flush(self) -> str:
        """Return all that was held back, and start afresh."""
        text, self._text, self.deadline = self._text, "", None
        return text


for number in range(3):
    print(f"a line that is far too long for any screen, number {number}, and is scrolled sideways")
```

Call `flush()` once more at the end: what is still held back belongs to the answer.
'''

MATH = r"""
The equation $a x^2 + b x + c = 0$ with $a \ne 0$ has the solutions

$$
x_{1,2} = \frac{-b \pm \sqrt{b^2 - 4 a c}}{2 a}
$$

They are real where $b^2 \ge 4 a c$. Squares add up to

$$
\sum_{k=1}^{n} k^2 = 1 + 4 + 9 + \dots + n^2 = \frac{n (n + 1) (2 n + 1)}{6}
$$

so for $n = 24$ there are 4900 of them, which is $70^2$. A table of squares costs $5 new or $3 used.
"""

THOUGHTS = "The reader wants the difference, not a definition. An example first, then the rule."
GROWING = """\
A **process** has its own memory; **threads** share theirs. So:

- A crash of one process leaves the others alone.
- Threads hand each other an object for nothing; processes have to send
"""
"""As far as it has come."""
BROKEN = "Start with the oldest backup that you have restored at least once, and"
"""As far as it came."""
