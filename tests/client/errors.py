"""How the server says no."""


class RpcError(Exception):
    """The server refused an RPC."""

    def __init__(self, code: int, message: str, *, temporary: bool) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.temporary = temporary


class TerminatedError(Exception):
    """The server ended the connection for good."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"{code}: {reason}")
        self.code = code
        self.reason = reason
