"""Faults: the product as real processes, under a seeded plan that kills, freezes, cuts and delays them.

A round strikes once while several answers are being written, and then checks every promise for each of
them: the texts that clients hold, the one end and its time, the upstream, what users and logs were told.
``python -m tests.faults`` (``make faults``) runs as many as are wanted, ``test_faults.py`` a hundred.
"""
