"""Tells whether something must be built again: a hash over everything that it is made of."""

import hashlib
from collections.abc import Iterable
from pathlib import Path


def fingerprint(root: Path, *, leave_out: Iterable[str] = ()) -> str:
    """Return a hash over the names and contents of all files under a folder.

    Args:
        root: The folder.
        leave_out: Names of folders and files directly in it that do not count.
    """
    ignored = set(leave_out)
    total = hashlib.sha256()
    for path in sorted(root.rglob("*")):
        inner = path.relative_to(root)
        if inner.parts[0] not in ignored and path.is_file():
            total.update(f"{inner.as_posix()}\0{path.stat().st_size}\0".encode())
            total.update(path.read_bytes())
    return total.hexdigest()
