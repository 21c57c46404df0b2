"""Calls that come in, from Centrifugo alone: connect, refresh and RPC.

What they mean is decided in ``conversations`` and ``auth``; this is how they are read and answered.
"""
