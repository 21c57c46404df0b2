"""Words of texts and queries, and the pieces that are shown of what was found."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy_app.core.text import utf16_length
from proxy_app.core.words import MAX_TEXT, MAX_WORD, MAX_WORDS, SNIPPET, query_words, snippet, words_of


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        ("The cat, the CAT!", ["the", "cat"]),
        ("Äpfel & Crème brûlée", ["apfel", "creme", "brulee"]),
        ("STRASSE Straße", ["strasse"]),
        ("don't snake_case a-b 3.14", ["don", "t", "snake", "case", "a", "b", "3", "14"]),
        ("日本語です", ["日", "本", "語", "て", "す"]),
        ("ﬁne ½ ①", ["fine", "1", "2"]),
        ("a\0b\n\u2028c🙂d", ["a", "b", "c", "d"]),
        ("ждать Ждать", ["ждать"]),
        ("x" * 100, ["x" * MAX_WORD]),
        ('\' OR "1"="1" * NEAR(x) AND :*', ["or", "1", "near", "x", "and"]),
    ],
)
def test_words_have_neither_case_nor_accents_nor_signs(text: str, words: list[str]) -> None:
    assert words_of(text) == words


def test_a_query_is_its_words_the_last_one_last() -> None:
    assert query_words("Foo bar foo ba") == ["foo", "bar", "ba"]
    assert query_words("ba foo ba") == ["foo", "ba"]
    assert query_words("% _ ' \" \0 🙂") == []
    assert query_words(" ".join(map(str, range(100)))) == [str(number) for number in range(MAX_WORDS)]


def test_what_is_too_long_is_searched_in_its_beginning() -> None:
    assert words_of("a " * (MAX_TEXT // 2) + "end") == ["a"]


@given(st.text())
def test_words_are_what_every_database_takes(text: str) -> None:
    for word in words_of(text):
        assert word.isalnum() or not word.isascii()
        assert not set(word) & set(" '\"\\\0&|!:*()")
        assert query_words(word)


@given(st.text(), st.text())
def test_every_word_of_a_text_is_found_by_itself(before: str, after: str) -> None:
    words = words_of(f"{before} Näedle {after}")
    assert "naedle" in words
    assert query_words("NÄEDLE") == ["naedle"]


def test_a_snippet_shows_what_was_found() -> None:
    assert snippet("A cat.", ["cat"]) == "A cat."
    assert snippet("A\n  cat\t\x00 sat.", ["cat"]) == "A cat sat."
    long = "word " * 100 + "A cat sat here " + "more " * 100
    shown = snippet(long, ["cat"])
    assert "A cat sat here" in shown
    assert (shown[0], shown[-1]) == ("…", "…")
    assert snippet("Crème", ["creme"]) == "Crème"
    assert "Crème" in snippet("word " * 100 + "Crème", ["cre"])
    # A word is found at its beginning.
    assert "concat" not in snippet("concat " + "word " * 100 + "cat", ["cat"])
    assert snippet("nothing of it", ["cat"]) == "nothing of it"


@given(st.text(max_size=2000), st.sampled_from(["a", "cat", "é", "日"]))
def test_a_snippet_is_one_short_line(text: str, word: str) -> None:
    shown = snippet(text, [word])
    assert utf16_length(shown) <= SNIPPET
    assert shown.isprintable()
