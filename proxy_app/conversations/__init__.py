"""What a user may do with conversations: send, stop, look, rename, delete.

How calls arrive is the proxy's business; how an answer is written is that of ``runs``.
"""
