"""Lines of JSON over a socket: what workers and their meeting point say to each other."""

import contextlib
import json
import socket
import threading
from typing import Any, Dict, Iterator, Mapping

_LONGEST = 1 << 16
"""Bytes of a line."""

BEAT = 1.0
"""Seconds between signs of life."""


class Line:
    """One end of a connection; any thread may send, one receives.

    Args:
        silence: seconds without a line after which the other side counts as gone.
    """

    def __init__(self, connection: socket.socket, silence: float) -> None:
        connection.settimeout(silence)
        with contextlib.suppress(OSError):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._connection = connection
        self._reader = connection.makefile("rb")
        self._lock = threading.Lock()

    def send(self, **message: Any) -> bool:
        """Whether it could be sent."""
        with self._lock:
            try:
                self._connection.sendall(json.dumps(message).encode("utf-8") + b"\n")
            except (OSError, ValueError):
                return False
        return True

    def receive(self) -> Mapping[str, Any]:
        """The next message; empty where none can come any more.

        Raises:
            socket.timeout: there was no sign of life for too long.
        """
        try:
            text = self._reader.readline(_LONGEST)
            found = json.loads(text.decode("utf-8")) if text.endswith(b"\n") else {}
        except socket.timeout:
            raise
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def messages(self) -> Iterator[Dict[str, Any]]:
        """All that comes, without signs of life, until the other side is gone.

        Raises:
            socket.timeout: as `receive`.
        """
        while True:
            message = dict(self.receive())
            if not message:
                return
            if "beat" not in message:
                yield message

    def close(self) -> None:
        """End the connection."""
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(OSError):
            self._connection.close()


def beat(line: Line, ended: threading.Event) -> None:
    """Send a sign of life now and then, in a thread of its own, until `ended`."""
    while not ended.wait(BEAT):
        if not line.send(beat=1):
            return
