"""Positions that may be handed to a client: history must be able to replay from them."""

from itertools import combinations_with_replacement, product

import pytest

from proxy_app.core.positions import HistoryEdges, Position, replayable

BOUNDS = [None, Position(0, "old"), Position(9, "old"), *(Position(offset, "e") for offset in range(8))]
"""Unknown, of another epoch, and below, within and above any history of `EDGES`."""
EDGES = [
    HistoryEdges(oldest, Position(top, "e"))
    for oldest, top in product(range(1, 6), range(6))
    if oldest <= top + 1
]


@pytest.mark.parametrize("edges", EDGES, ids=lambda edges: f"{edges.oldest}-{edges.top.offset}")
def test_the_latest_position_that_is_safe_and_can_be_served(edges: HistoryEdges) -> None:
    served = range(edges.oldest - 1, edges.top.offset + 1)
    for bounds in combinations_with_replacement(BOUNDS, 2):
        safe = [
            offset
            for offset in served
            if all(b is not None and b.epoch == "e" and offset <= b.offset for b in bounds)
        ]
        # Where no position is safe, the oldest that can be served is the best there is.
        expected = max(safe, default=served[0])
        assert replayable(edges, bounds) == Position(expected, "e")


@pytest.mark.parametrize("edges", EDGES, ids=lambda edges: f"{edges.oldest}-{edges.top.offset}")
def test_without_bounds_it_is_the_top(edges: HistoryEdges) -> None:
    assert replayable(edges, []) == edges.top
