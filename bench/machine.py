"""Functions for the benchmarks: separate processes, memory, disk space, and the description of the machine."""

import multiprocessing
import os
import platform
import stat
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar

from rolegraph import __version__

Result = TypeVar("Result")


def apart(function: Callable[..., Result], *arguments: Any) -> Result:
    """Call a function in a new process, so that no engine inherits the memory of another."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


def family(pids: Sequence[int]) -> list[int]:
    """Return processes and their descendants."""
    found = list(pids)
    for pid in found:
        for path in Path(f"/proc/{pid}/task").glob("*/children"):
            found += map(int, path.read_text().split())
    return found


def memory(field: str, pid: int) -> float | None:
    """Return a memory figure of a process in MiB, if the system has ``/proc``."""
    path = Path(f"/proc/{pid}/status")
    if not path.exists():
        return None
    return next((int(line.split()[1]) / 1024 for line in path.read_text().splitlines() if line.startswith(field)), None)


def room(folders: Iterable[Path]) -> int:
    """Return the total size of the files in folders in bytes; a file with several hard links counts once."""
    return sum(files(folders).values())


def files(folders: Iterable[Path]) -> dict[tuple[int, int], int]:
    """Return the size of each file in folders, by its device and inode."""
    found = {}
    for folder in folders:
        for path in folder.rglob("*"):
            with suppress(FileNotFoundError):  # a store that is open removes some meanwhile
                status = path.stat()
                if stat.S_ISREG(status.st_mode):
                    found[status.st_dev, status.st_ino] = status.st_size
    return found


def about() -> dict[str, str]:
    """Return the date, the versions and the machine."""
    libraries = ", ".join(f"{name} {version(name)}" for name in ("pyoxigraph", "oxigraph", "rdflib", "httpx"))
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "versions": f"rolegraph {__version__}, {libraries}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "machine": f"{os.cpu_count()} CPUs, {platform.system()} {platform.machine()}",
    }
