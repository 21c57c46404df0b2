"""Text as the protocol counts it: UTF-16 code units, always well-formed Unicode."""


def utf16_length(text: str) -> int:
    """Return the length in UTF-16 code units, JavaScript's ``length``."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def clip(text: str, limit: int) -> str:
    """Return the longest beginning of ``text`` that has at most ``limit`` UTF-16 code units."""
    if len(text) * 2 <= limit:
        return text
    units = text.encode("utf-16-le", "surrogatepass")[: limit * 2]
    # A pair that the limit cuts in two goes as a whole.
    return units.decode("utf-16-le", "ignore")


def well_formed(text: str) -> str:
    """Join surrogate pairs, and make U+FFFD of every surrogate that has no partner."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def title_of(prompt: str, limit: int = 80) -> str:
    """Return a conversation's first title: the first line of its first prompt that says something."""
    for line in prompt.splitlines():
        words = " ".join("".join(c if c.isprintable() else " " for c in line).split())
        if words:
            shown = clip(words, limit)
            return shown if shown == words else clip(words, limit - 1) + "…"
    return "New conversation"
