"""Text is counted in UTF-16 code units, never cut through a character, and always well-formed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy_app.core.text import clip, title_of, utf16_length, well_formed

from .texts import characters, units

anything = st.text(characters)


@given(anything)
def test_lengths_are_javascripts(text: str) -> None:
    assert utf16_length(text) == units(text)


@given(anything, st.integers(0, 40))
def test_clip_returns_the_longest_beginning_that_fits(text: str, limit: int) -> None:
    clipped = clip(text, limit)

    assert text.startswith(clipped)
    assert units(clipped) <= limit
    assert clipped == text or units(text[: len(clipped) + 1]) > limit


@given(st.text(st.one_of(characters, st.characters(categories=["Cs"]))))
def test_well_formed_replaces_what_has_no_partner_and_nothing_else(text: str) -> None:
    mended = well_formed(text)

    mended.encode()
    told, kept = (value.encode("utf-16-le", "surrogatepass") for value in (text, mended))
    assert len(told) == len(kept)
    for at in range(0, len(told), 2):
        assert kept[at : at + 2] in (told[at : at + 2], "\ufffd".encode("utf-16-le"))
    assert mended == text or any("\ud800" <= character <= "\udfff" for character in text)


def test_a_pair_becomes_the_character_that_it_means() -> None:
    assert well_formed("\ud83d\ude42 \ude42\ud83d") == "🙂 \ufffd\ufffd"


@pytest.mark.parametrize(
    ("prompt", "title"),
    [
        ("Hello", "Hello"),
        ("\n \t\n  What   is\tthis?\nMore", "What is this?"),
        ("\u2028\u200b\x00 \x07a\x07b", "a b"),
        ("", "New conversation"),
        (" \n\t\r\n\x00", "New conversation"),
        ("x" * 80, "x" * 80),
        ("x" * 81, "x" * 79 + "…"),
        ("🙂" * 40, "🙂" * 40),
        ("🙂" * 41, "🙂" * 39 + "…"),
    ],
)
def test_the_first_line_that_says_something_is_the_title(prompt: str, title: str) -> None:
    assert title_of(prompt) == title


@given(anything)
def test_a_title_is_one_short_printable_line(prompt: str) -> None:
    title = title_of(prompt)

    assert title.isprintable()
    assert title.strip() == title != ""
    assert units(title) <= 80
