"""Whether a call that failed before its first token is worth another one, and when.

The SDK's own retries are off: they would also repeat what took too long, and what no repetition can mend
(a used-up quota), and would obey a server that asks for two minutes of patience.
"""

import random

from ...errors import ModelError, ModelOverloadedError, ModelRateLimitedError, ModelUnreachableError

LONGEST_WAIT = 10.0
"""Seconds; a server that asks for more is not waited for, its wish is told instead."""

PASSING_ERRORS = (ModelOverloadedError, ModelRateLimitedError, ModelUnreachableError)
"""What may be over the next time."""


def wait_before_retry(error: ModelError, retried: int, *, retries: int, delay: float) -> float | None:
    """Return the seconds to wait before the next call, or ``None`` if there should be none.

    Args:
        error: Why the last call failed.
        retried: How many retries there were.
        retries: How many there may be.
        delay: Seconds before the first one, where the server does not say; it doubles each time.
    """
    if retried >= retries or not isinstance(error, PASSING_ERRORS):
        return None
    if error.retry_after is None:
        # Up to a quarter less: those who failed together should not come back together.
        return min(delay * 2.0**retried, LONGEST_WAIT) * random.uniform(0.75, 1)  # noqa: S311
    return error.retry_after if error.retry_after <= LONGEST_WAIT else None
