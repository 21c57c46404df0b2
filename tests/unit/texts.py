"""Texts of the nasty kind: what takes the most bytes, the most code units, or the most escaping."""

from hypothesis import strategies as st

from proxy_app.core.chunks import ReasoningDelta, TextDelta

_NASTY = '\x00\x01\x1f"\\\x7f\u2028\ufeff\ufffd\u0301é世🙂👩\u200d\U0010ffff'

characters = st.one_of(st.sampled_from(_NASTY), st.characters(exclude_categories=["Cs"]))
texts = st.text(characters, min_size=1, max_size=12)
deltas = st.one_of(st.builds(TextDelta, texts), st.builds(ReasoningDelta, texts))


def units(text: str) -> int:
    """Return the length as JavaScript counts it, from the definition."""
    return sum(2 if ord(character) > 0xFFFF else 1 for character in text)
