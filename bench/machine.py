"""What the benchmarks ask of the machine: a process for each measurement, memory, room on the disk, and what it all ran on."""

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
    """Call a function in a fresh process, so that no engine inherits another one's memory."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


def family(pids: Sequence[int]) -> list[int]:
    """Return processes with those that they started."""
    found = list(pids)
    for pid in found:
        for path in Path(f"/proc/{pid}/task").glob("*/children"):
            found += map(int, path.read_text().split())
    return found


def memory(field: str, pid: int) -> float | None:
    """Return a figure of a process's memory in MiB, where the system has ``/proc``."""
    path = Path(f"/proc/{pid}/status")
    if not path.exists():
        return None
    return next((int(line.split()[1]) / 1024 for line in path.read_text().splitlines() if line.startswith(field)), None)


def room(folders: Iterable[Path]) -> int:
    """Return the bytes of the files in folders, each file once whatever number of names it has."""
    return sum(files(folders).values())


def files(folders: Iterable[Path]) -> dict[tuple[int, int], int]:
    """Return the length of each file in folders, by what identifies it under all of its names."""
    found = {}
    for folder in folders:
        for path in folder.rglob("*"):
            with suppress(FileNotFoundError):  # a store that is open removes some meanwhile
                status = path.stat()
                if stat.S_ISREG(status.st_mode):
                    found[status.st_dev, status.st_ino] = status.st_size
    return found


def about() -> dict[str, str]:
    """Return when and on what this runs."""
    libraries = ", ".join(f"{name} {version(name)}" for name in ("pyoxigraph", "oxigraph", "rdflib", "httpx"))
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "versions": f"rolegraph {__version__}, {libraries}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "machine": f"{os.cpu_count()} CPUs, {platform.system()} {platform.machine()}",
    }
