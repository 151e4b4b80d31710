"""Ports for the servers of the tests."""

import os
import random
import socket

WORKERS = 16
WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
POSSIBLE = range(20_000 + WORKER % WORKERS, 32_000, WORKERS)
"""Those of this worker of pytest-xdist, and none that the system gives to clients (from 32768 on Linux)."""
TAKEN: set[int] = set()


def free_port() -> int:
    """Return a port that nothing listens at, and that no other worker and no later call returns."""
    for port in random.SystemRandom().sample(POSSIBLE, len(POSSIBLE)):
        if port not in TAKEN and is_free(port):
            TAKEN.add(port)
            return port
    raise AssertionError("no port is left")


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
