"""What of a run has been cut into publications: its parts, their lengths and checksums."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from zlib import crc32

from .events import PartChunk, PartDelta, PartStart
from .objects import Part, PartType
from .text import utf16_length


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a part's text; pieces in order make the part."""

    part: str
    type: PartType
    text: str


@dataclass(slots=True)
class _Growing:
    type: PartType
    texts: list[str] = field(default_factory=list)
    length: int = 0
    crc: int = 0


@dataclass(slots=True)
class Content:
    """A run's content as clients hold it who have seen every publication."""

    _parts: dict[str, _Growing] = field(default_factory=dict, init=False)
    _unsaved: list[Piece] = field(default_factory=list, init=False)

    def apply(self, chunks: Iterable[PartChunk]) -> None:
        """Take in what was cut; the cost is that of the new text."""
        for chunk in chunks:
            if isinstance(chunk, PartStart):
                self._parts[chunk.part] = _Growing(chunk.type)
                self._unsaved.append(Piece(chunk.part, chunk.type, ""))
            elif isinstance(chunk, PartDelta):
                part = self._parts[chunk.part]
                part.texts.append(chunk.text)
                part.length += utf16_length(chunk.text)
                part.crc = crc32(chunk.text.encode(), part.crc)
                self._unsaved.append(Piece(chunk.part, chunk.type, chunk.text))

    def resume(self, parts: Iterable[Part]) -> None:
        """Begin with ``parts``, which are stored already."""
        for part in parts:
            self.apply([PartStart(part.id, part.type), PartDelta(part.id, part.type, part.text)])
        self._unsaved.clear()

    def parts(self) -> list[Part]:
        """Return all parts with their whole text."""
        return [Part(name, part.type, "".join(part.texts)) for name, part in self._parts.items()]

    def ends(self) -> list[tuple[str, int, int]]:
        """Return id, length in UTF-16 code units and CRC-32 of every part."""
        return [(name, part.length, part.crc) for name, part in self._parts.items()]

    def take_unsaved(self) -> list[Piece]:
        """Return what came since the last call, adjacent pieces of a part joined."""
        pieces, self._unsaved = self._unsaved, []
        return join(pieces)


def join(pieces: Iterable[Piece]) -> list[Piece]:
    """Join adjacent pieces of the same part."""
    runs: list[tuple[Piece, list[str]]] = []
    for piece in pieces:
        if runs and runs[-1][0].part == piece.part:
            runs[-1][1].append(piece.text)
        else:
            runs.append((piece, [piece.text]))
    return [Piece(first.part, first.type, "".join(texts)) for first, texts in runs]


def assemble(pieces: Iterable[Piece]) -> list[Part]:
    """Return the parts that ``pieces``, in order, make."""
    parts: dict[str, tuple[PartType, list[str]]] = {}
    for piece in pieces:
        parts.setdefault(piece.part, (piece.type, []))[1].append(piece.text)
    return [Part(name, kind, "".join(texts)) for name, (kind, texts) in parts.items()]
