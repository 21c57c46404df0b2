"""Words, as search knows them: without case, accents and signs, so that every database finds the same."""

import re
import unicodedata
from collections.abc import Sequence

from .text import clip, utf16_length

MAX_TEXT = 100_000
"""Characters of a text that are searched."""
MAX_WORDS = 16
"""Words of a query that count."""
MAX_WORD = 64
"""Characters of a word that count."""
SNIPPET = 200
"""UTF-16 code units of a snippet, at most."""

_BEFORE = 60
"""Characters of a snippet before what was found."""
_SCANNED = 20_000
"""Characters of a text that are looked through word by word for a snippet."""
_ASCII_WORD = re.compile(r"[0-9a-z]+")
# Han, Hiragana and Katakana are written without blanks: each sign is a word.
_SIGN = r"\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003fffd"
_WORD = re.compile(rf"[{_SIGN}]|[^\W_{_SIGN}]+")
_MARKS = re.compile(r"[\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed\u3099\u309a]+")


def words_of(text: str) -> list[str]:
    """Return the words of a text, each once, in the order of their coming."""
    return list(dict.fromkeys(_words(text[:MAX_TEXT])))


def query_words(query: str) -> list[str]:
    """Return what a text has to have: all of these words, of the last one the beginning."""
    words = _words(query)[:MAX_WORDS]
    *others, last = words or [""]
    return [*dict.fromkeys(word for word in others if word != last), last] if last else []


def snippet(text: str, words: Sequence[str]) -> str:
    """Return a piece of ``text``, in one line, around the first of ``words`` that is found in it."""
    begin = max(_place(text[:MAX_TEXT], words) - _BEFORE, 0)
    if begin:
        blank = re.compile(r"\s").search(text, begin, begin + _BEFORE)
        begin = blank.end() if blank else begin
    # Blanks are joined, so that what is shown is made of more than what fits.
    piece = text[begin : begin + 4 * SNIPPET]
    shown = " ".join("".join(sign if sign.isprintable() else " " for sign in piece).split())
    before = "…" if begin else ""
    if begin + len(piece) == len(text) and utf16_length(before + shown) <= SNIPPET:
        return before + shown
    return before + clip(shown, SNIPPET - 2).rstrip() + "…"


def _words(text: str) -> list[str]:
    plain = _plain(text)
    pattern = _ASCII_WORD if plain.isascii() else _WORD
    return [word[:MAX_WORD] for word in pattern.findall(plain)]


def _plain(text: str) -> str:
    if text.isascii():
        return text.lower()
    return _MARKS.sub("", unicodedata.normalize("NFKD", text.casefold()))


def _place(text: str, words: Sequence[str]) -> int:
    """Return where the first of ``words`` stands in ``text``, as far as that can be told."""
    quick = re.compile(rf"(?<![^\W_])(?:{'|'.join(map(re.escape, words))})", re.IGNORECASE)
    if found := quick.search(text):
        return found.start()
    beginnings = tuple(words)
    for token in _WORD.finditer(text, 0, _SCANNED):
        if _plain(token[0]).startswith(beginnings):
            return token.start()
    return 0
