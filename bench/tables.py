"""Plain tables on standard output."""

from collections.abc import Iterable, Sequence


def say(text: str = "") -> None:
    """Print a line at once."""
    print(text, flush=True)


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table in Markdown, so that it can go into a document as it is."""
    cells = [list(head), *([str(cell) for cell in row] for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    lines = [
        f"| {' | '.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))} |"
        for row in cells
    ]
    lines.insert(1, f"| {' | '.join('-' * width for width in widths)} |")
    say("\n".join(["", *lines, ""]))
