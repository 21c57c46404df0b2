"""Which text goes out together, and when."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from .events import PartChunk, PartDelta, PartEnd, PartStart

_OVERHEAD = 40
"""Characters that a chunk counts beside its text, so that many empty ones fill a publication, too."""


@dataclass(slots=True)
class Coalescer:
    """Join deltas, and cut them into publications of at most ``limit`` characters.

    The first is due at once, each later one not before ``interval`` seconds after the last was cut. A
    character takes at most six bytes in JSON, a chunk's frame less than ``6 * _OVERHEAD``.
    """

    interval: float
    limit: int
    due_at: float = field(default=float("-inf"), init=False)
    """When the next publication may be cut."""
    _waiting: list[PartStart | PartEnd | tuple[PartDelta, list[str]]] = field(
        default_factory=list, init=False
    )

    def push(self, chunks: Iterable[PartChunk]) -> None:
        """Hold ``chunks`` back until the next cut."""
        for chunk in chunks:
            if not isinstance(chunk, PartDelta):
                self._waiting.append(chunk)
                continue
            last = self._waiting[-1] if self._waiting else None
            if isinstance(last, tuple) and last[0].part == chunk.part:
                last[1].append(chunk.text)
            else:
                self._waiting.append((chunk, [chunk.text]))

    def __bool__(self) -> bool:
        """Say whether something is held back."""
        return bool(self._waiting)

    def cut(self, now: float) -> list[PartChunk]:
        """Return what goes into the next publication, which may be nothing."""
        self.due_at = now + self.interval
        chunks: list[PartChunk] = []
        room, taken = self.limit, 0
        for waiting in self._waiting:
            room -= _OVERHEAD
            if room <= 0:
                break
            if not isinstance(waiting, tuple):
                chunks.append(waiting)
                taken += 1
                continue
            delta, texts = waiting
            text = _take(texts, room)
            chunks.append(PartDelta(delta.part, delta.type, text))
            if texts:
                break
            room -= len(text)
            taken += 1
        del self._waiting[:taken]
        return chunks


def _take(texts: list[str], room: int) -> str:
    """Remove up to ``room`` characters from the front of ``texts``, and return them."""
    whole, length = 0, 0
    while whole < len(texts) and length + len(texts[whole]) <= room:
        length += len(texts[whole])
        whole += 1
    taken = texts[:whole]
    del texts[:whole]
    if texts and length < room:
        taken.append(texts[0][: room - length])
        texts[0] = texts[0][room - length :]
    return "".join(taken)
