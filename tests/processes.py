"""What tests look up of processes, on Linux."""

import os
import time
from collections.abc import Callable
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def family(pid: int) -> list[int]:
    """A process and all below it, itself first."""
    children = [int(child) for path in Path(f"/proc/{pid}/task").glob("*/children") for child in path.read_text("ascii").split()]
    return [pid, *(member for child in children for member in family(child))]


def query_workers(pid: int) -> list[int]:
    """Those below a process that answer queries."""
    return [below for below in family(pid)[1:] if b"rolegraph.engine.worker" in Path(f"/proc/{below}/cmdline").read_bytes()]


def processor_time(pid: int) -> float:
    """The seconds of processor that a process has used; none where it has ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICKS


def wait_until(holds: Callable[[], bool], seconds: float = 60) -> None:
    """Wait for what must come to hold, however slow the machine is."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"not within {seconds:g} seconds"
        time.sleep(0.01)
