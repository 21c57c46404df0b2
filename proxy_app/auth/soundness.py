"""Whether an identity is what it has to be: hooks may be anybody's code."""

import math

import orjson

from ..core.quotas import Limits
from ..ports import Identity


def complaint(identity: Identity) -> str | None:
    """Return what is wrong with an identity, without its content; ``None`` if nothing is."""
    # What is declared is not what an object of somebody else's has.
    told: tuple[object, ...] = (identity.user, identity.token, identity.limits, identity.kept)
    user, token, limits, kept = told
    times = (identity.expires_at, identity.issued_at, identity.until)
    wrong = {
        "an identity without a user": not isinstance(user, str) or not user,
        "an identity whose token is no text": not isinstance(token, str | None),
        "an identity whose limits are no Limits": not isinstance(limits, Limits | None),
        "an identity with a time that is none": not all(map(_is_time, times)),
        "an identity that keeps what is no JSON": not _is_json_object(kept),
    }
    return next((words for words, is_so in wrong.items() if is_so), None)


def _is_time(value: object) -> bool:
    return value is None or (isinstance(value, int | float) and math.isfinite(value))


def _is_json_object(value: object) -> bool:
    try:
        return isinstance(value, dict) and bool(orjson.dumps(value))
    except TypeError:
        return False
