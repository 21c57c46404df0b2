"""The service, with somebody inside who notes every second what a soak can't see from outside.

``python -m tests.faults.probe FILE serve`` is ``python -m proxy_app serve``, and writes to ``FILE``.
"""

import asyncio
import ctypes
import gc
import json
import runpy
import sys
import threading
import time
from pathlib import Path

EVERY = 1.0
"""Seconds between two notes."""


class _Heap(ctypes.Structure):
    """What glibc's ``mallinfo2`` tells, in bytes."""

    _fields_ = [
        (name, ctypes.c_size_t)
        for name in (
            *("arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks"),
            *("fsmblks", "uordblks", "fordblks", "keepcost"),
        )
    ]


def free_in_heap() -> int:
    """Return how many bytes of its heap the process does not use; 0 where the C library does not tell."""
    try:
        look = ctypes.CDLL(None).mallinfo2
    except AttributeError:
        return 0
    look.restype = _Heap
    return int(look().fordblks)


def tasks() -> int:
    """Return how many tasks are not done, but for those that began with the service."""
    # By type: some objects load half a library when they are asked what they are an instance of.
    return sum(type(each) is asyncio.Task and not each.done() for each in gc.get_objects())


def _note(file: Path) -> None:
    while True:
        new = file.with_suffix(".new")
        new.write_text(json.dumps({"free": free_in_heap(), "tasks": tasks()}))
        new.replace(file)
        time.sleep(EVERY)


if __name__ == "__main__":
    threading.Thread(target=_note, args=(Path(sys.argv.pop(1)),), daemon=True).start()
    runpy.run_module("proxy_app", run_name="__main__", alter_sys=True)
