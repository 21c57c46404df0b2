"""What the page costs a browser: its first load, streaming, long conversations, memory.

Measured from outside, in Chromium, on the built page over the whole product; nothing in the page knows of it.
"""
