"""Figures out of samples."""

from collections.abc import Sequence


def quantile(samples: Sequence[float], share: float) -> float:
    """Return the sample below which ``share`` of all lie; not a number where there are none."""
    if not samples:
        return float("nan")
    ordered = sorted(samples)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def median(samples: Sequence[float]) -> float:
    """Return the middle sample."""
    return quantile(samples, 0.5)


def spread(samples: Sequence[float], digits: int = 0) -> str:
    """Return the median, and the smallest and the largest where they differ, as text."""
    text = f"{median(samples):,.{digits}f}"
    low, high = f"{min(samples):,.{digits}f}", f"{max(samples):,.{digits}f}"
    return text if low == high else f"{text} ({low}-{high})"
