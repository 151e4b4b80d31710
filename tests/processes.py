"""What tests look up of processes, on Linux."""

import contextlib
import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def text_of(path: str | Path) -> str:
    """The text of a file of /proc; none where its process or thread has ended, which may happen between listing and reading."""
    try:
        return Path(path).read_text("ascii", "replace")
    except (FileNotFoundError, ProcessLookupError):
        return ""


def family(pid: int) -> list[int]:
    """A process and all below it, itself first."""
    try:
        threads = list(Path(f"/proc/{pid}/task").iterdir())
    except FileNotFoundError:
        threads = []
    children = [int(child) for thread in threads for child in text_of(thread / "children").split()]
    return [pid, *(member for child in children for member in family(child))]


def query_workers(pid: int) -> list[int]:
    """Those below a process that answer queries."""
    return [below for below in family(pid)[1:] if "rolegraph.engine.worker" in text_of(f"/proc/{below}/cmdline")]


def memory_of(pids: Iterable[int], field: str = "VmHWM") -> int:
    """A figure of the memory of processes together, in KiB: the most that each has had, or ``VmRSS``, what they have."""
    texts = [text_of(f"/proc/{pid}/status") for pid in pids]
    return sum(int(text.partition(f"{field}:")[2].split()[0]) for text in texts if f"{field}:" in text)


def deleted_files(pids: Iterable[int]) -> list[str]:
    """The files that processes have open and that have no name any more."""
    targets = []
    for pid in pids:
        with contextlib.suppress(FileNotFoundError):  # the process has ended
            for link in Path(f"/proc/{pid}/fd").iterdir():
                with contextlib.suppress(FileNotFoundError):  # or has closed the file
                    targets.append(str(link.readlink()))
    return sorted(target for target in targets if target.endswith("(deleted)"))


def processor_time(pid: int) -> float:
    """The seconds of processor that a process has used; none where it has ended."""
    fields = text_of(f"/proc/{pid}/stat").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS if fields else 0.0


def wait_until(holds: Callable[[], bool], seconds: float = 60) -> None:
    """Wait for what must come to hold, however slow the machine is."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"not within {seconds:g} seconds"
        time.sleep(0.01)
