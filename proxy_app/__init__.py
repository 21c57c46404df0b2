"""The service behind Centrifugo: connect, refresh and RPC proxy, and the runs that answer prompts.

What the browser speaks is Centrifugo's business; nothing in here serves a public endpoint.
"""

__version__ = "0.1.0"
