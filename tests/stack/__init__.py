"""The whole product on this machine: Centrifugo, the service, a scripted model and, if wanted, the page.

``open_stack`` starts it, ``servers`` says which kinds of Centrifugo there are here. Everything listens on
loopback, on ports that were unused, and ends with its block.
"""

from .servers import Server, available_servers, missing_servers
from .stack import Stack, open_stack

__all__ = ["Server", "Stack", "available_servers", "missing_servers", "open_stack"]
