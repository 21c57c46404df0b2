"""Numbers agree with what they count."""

import re

import pytest

from proxy_app.core.quotas import Limits, Used, refusal
from proxy_app.core.sentences import counted, in_words
from tests.error_catalogue import catalogue


@pytest.mark.parametrize(
    ("number", "words"), [(0, "0 answers"), (1, "1 answer"), (2, "2 answers"), (20_000, "20,000 answers")]
)
def test_a_noun_agrees_with_its_number(number: int, words: str) -> None:
    assert counted(number, "answer") == words


@pytest.mark.parametrize(
    ("milliseconds", "words"),
    [
        (0, "0 seconds"),
        (1, "1 second"),
        (1001, "2 seconds"),
        (89_000, "89 seconds"),
        (89_001, "2 minutes"),
        (89 * 60_000, "89 minutes"),
        (89 * 60_000 + 1, "2 hours"),
        (86_400_000, "24 hours"),
    ],
)
def test_a_time_to_wait_is_rounded_up(milliseconds: int, words: str) -> None:
    assert in_words(milliseconds) == words


def test_a_limit_of_one_is_told_in_the_singular() -> None:
    limits, used = Limits(prompts_per_minute=1, prompts_per_day=1), Used(prompts=2)
    refused = [refusal(limits, {"minute": used}, 0), refusal(limits, {"day": used}, 0)]

    assert [refusal.message.split(".")[0] for refusal in refused if refusal] == [
        "You may send 1 message a minute",
        "You may send 1 message a day",
    ]


def test_no_sentence_puts_a_plural_behind_a_number_by_itself() -> None:
    page = catalogue()

    assert "… message(s) a minute" in page
    assert re.findall(r"^\| 1.*… [a-z]+s\b.*", page, re.MULTILINE) == []
