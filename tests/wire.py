"""Requests as raw bytes, for what a client library would mend or refuse."""

import contextlib
import json
import socket
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Reply:
    """What came back: the status, the headers with their names in lower case, and the body."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def problem(self) -> dict[str, Any]:
        """The body as a problem (RFC 9457)."""
        assert self.headers["content-type"] == "application/problem+json", self
        found: dict[str, Any] = json.loads(self.body)
        return found

    @property
    def type(self) -> str:
        """The last part of the type of the problem."""
        return str(self.problem["type"]).rpartition("/")[2]


def connect(address: str, seconds: float = 20.0) -> socket.socket:
    """Return a connection to a service."""
    host, _, port = address.removeprefix("http://").partition(":")
    return socket.create_connection((host, int(port)), timeout=seconds)


def head(method: str, path: str, **headers: str) -> bytes:
    """Return the head of a request; an underscore in a name stands for a hyphen."""
    lines = [f"{method} {path} HTTP/1.1", *(f"{name.replace('_', '-')}: {value}" for name, value in {"Host": "x", **headers}.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def chunked(body: bytes, size: int = 100) -> bytes:
    """Return a body in chunks."""
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def send(address: str, request: bytes, *, end: bool = False) -> Reply | None:
    """Send a request and return the reply, None where the connection ends without one.

    :param end: send nothing more, as a connection does that breaks off
    """
    with connect(address) as connection:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(request)
            if end:
                connection.shutdown(socket.SHUT_WR)
        return receive(connection)


def receive(connection: socket.socket) -> Reply | None:
    """Return the reply on a connection, None where it ends without one."""
    found = b""
    with contextlib.suppress(ConnectionResetError):
        while b"\r\n\r\n" not in found:
            piece = connection.recv(65536)
            if not piece:
                return None
            found += piece
    if b"\r\n\r\n" not in found:
        return None
    top, _, body = found.partition(b"\r\n\r\n")
    if top.startswith(b"HTTP/1.1 100"):
        top, _, body = body.partition(b"\r\n\r\n")
    status, *lines = top.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    while len(body) < int(headers.get("content-length", "0")):
        piece = connection.recv(65536)
        assert piece, "the answer is cut"
        body += piece
    return Reply(int(status.split()[1]), headers, body)
