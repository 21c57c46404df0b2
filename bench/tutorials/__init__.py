"""The ways that tutorials show, to compare with: complete little servers, written as their readers would.

``POST /chat {"channel": ..., "prompt": ...}`` answers at once; the answer's tokens go to the channel.
"""
