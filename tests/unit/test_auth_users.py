"""Ids from outside: each becomes one that fits a channel's name, and no two become the same."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy_app.auth.users import user_of

LEGAL = re.compile(r"[A-Za-z0-9_.@:-]{1,64}")


@given(st.text(st.characters(codec=None), min_size=1))
def test_every_id_becomes_one_that_fits(outside: str) -> None:
    user = user_of(outside)

    assert LEGAL.fullmatch(user)
    assert user == user_of(outside)


@given(st.sets(st.text(st.sampled_from("aA-x:. é#,\n"), min_size=1, max_size=4), min_size=2))
def test_no_two_become_the_same(outside: set[str]) -> None:
    users = {user_of(each) for each in outside}

    assert len(users) == len(outside)
    # Nor can somebody be called elsewhere as another is called here.
    assert not {user_of(user) for user in users - outside} & users


@pytest.mark.parametrize("outside", ["ada", "a@b.example", "auth0:123", "A" * 64, "-", "Guest-1"])
def test_what_fits_stays(outside: str) -> None:
    assert user_of(outside) == outside


@pytest.mark.parametrize(
    "outside",
    ["A" * 65, "ada,admin", "ada#", "ada\n", " ada", "аda", "auth0|123", "x-1", "guest-1", "a\ud800", "%23"],
)
def test_what_does_not_fit_is_mapped(outside: str) -> None:
    assert re.fullmatch(r"x-[a-z2-7]{52}", user_of(outside))
