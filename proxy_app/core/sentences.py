"""Numbers and times, as they stand in sentences for the user."""


def counted(number: int, noun: str) -> str:
    """Return how many there are of what is called ``noun``, whose plural is regular."""
    return f"{number:,} {noun if number == 1 else f'{noun}s'}"


def in_words(milliseconds: int) -> str:
    """Return a time to wait, rounded up."""
    seconds = -(-milliseconds // 1000)
    if seconds < 90:
        return counted(seconds, "second")
    minutes = -(-seconds // 60)
    return counted(minutes, "minute") if minutes < 90 else counted(-(-minutes // 60), "hour")
