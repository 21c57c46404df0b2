"""Server-sent events, cut out of a stream of bytes that arrives in any pieces."""

from dataclasses import dataclass, field

_BOM = b"\xef\xbb\xbf"
_FIELD = b"data: "


class SseOverflowError(ValueError):
    """A single event is longer than the limit."""


@dataclass(slots=True)
class SseSplitter:
    """Take in bytes; give out the ``data`` of every event that they complete.

    Lines end in CR, LF or CRLF, an event ends with an empty line; comments and other fields are skipped.
    """

    limit: int
    """Longest event, in bytes."""
    _rest: bytearray = field(default_factory=bytearray, init=False)
    """What has arrived of an event that is not complete."""
    _begun: bool = field(default=False, init=False)
    """Whether it is decided if a byte order mark leads the stream."""
    _after_cr: bool = field(default=False, init=False)
    """Whether the last byte was a CR, so that an LF now belongs to the same line end."""

    def feed(self, data: bytes) -> list[bytes]:
        """Take in ``data``; return the payloads of the events that are complete with it.

        Raises:
            SseOverflowError: The event that is arriving is too long.
        """
        if b"\r" in data or self._after_cr:
            data = self._unify(data)
        if not self._begun:
            data = self._begin(data)
        if not self._rest and data.endswith(b"\n\n"):
            complete = data[:-2]  # Most reads bring whole events: nothing is copied twice.
        else:
            # Only what is new can hold the end, together with the last byte before it.
            searched = max(len(self._rest) - 1, 0)
            self._rest += data
            end = self._rest.rfind(b"\n\n", searched)
            if end < 0:
                self._check(len(self._rest) - 1)  # The last byte may belong to the end.
                return []
            complete = bytes(self._rest[:end])
            del self._rest[: end + 2]
        return [payload for event in complete.split(b"\n\n") if (payload := self._payload(event)) is not None]

    def end(self) -> list[bytes]:
        """Return what is left when the stream is over: some servers leave out the last empty line."""
        payload = self._payload(bytes(self._rest).removesuffix(b"\n"))
        self._rest.clear()
        return [] if payload is None else [payload]

    def _unify(self, data: bytes) -> bytes:
        if self._after_cr and data:
            data = data.removeprefix(b"\n")
            self._after_cr = False
        self._after_cr = self._after_cr or data.endswith(b"\r")
        return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")

    def _begin(self, data: bytes) -> bytes:
        data = bytes(self._rest) + data
        self._rest.clear()
        if len(data) < len(_BOM) and _BOM.startswith(data):
            self._rest += data
            return b""
        self._begun = True
        return data.removeprefix(_BOM)

    def _check(self, length: int) -> None:
        if length > self.limit:
            raise SseOverflowError(f"an event is longer than {self.limit} bytes")

    def _payload(self, event: bytes) -> bytes | None:
        self._check(len(event))
        if event.startswith(_FIELD) and b"\n" not in event:
            return event[len(_FIELD) :]
        lines = [line[4:] for line in event.split(b"\n") if line.startswith(b"data:") or line == b"data"]
        if not lines:
            return None
        return b"\n".join(line.removeprefix(b":").removeprefix(b" ") for line in lines)
