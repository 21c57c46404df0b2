"""Which turns of a conversation the model is told."""

from collections.abc import Sequence
from itertools import accumulate, takewhile


def fitting(lengths: Sequence[int], limit: int) -> int:
    """Return how many of the last turns fit into ``limit``; the last one always does.

    ``lengths`` holds the turns' lengths, oldest first, in the unit of ``limit``.
    """
    return max(1, sum(1 for _ in takewhile(lambda total: total <= limit, accumulate(reversed(lengths)))))
