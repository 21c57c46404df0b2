"""The service, with somebody inside who notes every second what a soak can't see from outside.

``python -m tests.faults.probe FILE serve`` is ``python -m proxy_app serve``, and writes to ``FILE``.
"""

import asyncio
import ctypes
import json
import runpy
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import uvloop

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


def tasks(loops: Sequence[asyncio.AbstractEventLoop]) -> int:
    """Return how many tasks are not done."""
    return sum(len(asyncio.all_tasks(loop)) for loop in loops)


def _note(file: Path, loops: Sequence[asyncio.AbstractEventLoop]) -> None:
    while True:
        new = file.with_suffix(".new")
        new.write_text(json.dumps({"free": free_in_heap(), "tasks": tasks(loops)}))
        new.replace(file)
        time.sleep(EVERY)


def _main() -> None:
    loops: list[asyncio.AbstractEventLoop] = []
    make = uvloop.new_event_loop

    def remember() -> uvloop.Loop:
        loop = make()
        loops.append(loop)
        return loop

    uvloop.new_event_loop = remember
    file = Path(sys.argv.pop(1))
    threading.Thread(target=_note, args=(file, loops), daemon=True).start()
    runpy.run_module("proxy_app", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    _main()
