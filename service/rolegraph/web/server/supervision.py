"""The parent of the serving processes: starts the writing one, and replaces it, or one that reads, if it hangs or ends."""

import logging
import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from ctypes import c_double, c_uint64
from multiprocessing import Event, Lock, Process, RawArray, RawValue, Value
from pathlib import Path

BEAT = 1.0  # seconds between two signs of life
HUNG = 60.0  # seconds without a sign of life after which a process is killed
LOOK = 0.2  # seconds between two checks of the processes
PAUSES = (0.0, 1.0, 5.0, 15.0)  # seconds before each start of a writing process that ended soon after it was started
SOON = 10.0
PATIENCE = 30.0  # seconds in which the writing process finishes its requests

_log = logging.getLogger(__name__)


class SharedNumber:
    """The number of the newest revision, in memory that all processes share: the writing process sets it before it acknowledges a write."""

    def __init__(self) -> None:
        self._number = RawValue(c_uint64, 0)

    def set(self, number: int) -> None:
        """Announce a revision."""
        self._number.value = number  # one aligned word: no reader sees a part of it

    def get(self) -> int:
        """Return the number that was announced last."""
        return int(self._number.value)


class SignsOfLife:
    """When each process was last alive, in shared memory.

    :param processes: how many there are; while one is replaced, both have a place
    """

    def __init__(self, processes: int) -> None:
        self._places = processes * 2
        self._pids = RawArray(c_uint64, self._places)
        self._times = RawArray(c_double, self._places)
        self._taking = Lock()

    def place(self) -> int:
        """Take a place for this process and return its number; the places of processes that have ended are free."""
        held = self._taking.acquire(timeout=LOOK)  # a process that was killed may hold it for ever
        try:
            number = next(number for number in range(self._places) if not _runs(self._pids[number]))
            self._times[number] = time.monotonic()
            self._pids[number] = os.getpid()
        finally:
            if held:
                self._taking.release()
        return number

    def free(self, pid: int) -> None:
        """Free the place of a process that has ended: its id may be given to another one, which must not be killed."""
        for number in range(self._places):
            if self._pids[number] == pid:
                self._pids[number] = 0

    def beat(self, place: int) -> None:
        """Record that the process of a place is alive."""
        self._times[place] = time.monotonic()

    def processes(self) -> dict[int, float]:
        """Return the time of the last sign of each process by its id."""
        return {int(pid): self._times[number] for number, pid in enumerate(self._pids) if pid}


class Shared:
    """What the processes of a service share. ``unusable`` is set if the store cannot be opened, ``serving`` once it can be written.

    :param readers: the number of processes that read
    :param folder: the folder of the socket
    """

    def __init__(self, readers: int, folder: Path) -> None:
        self.newest = SharedNumber()
        self.signs = SignsOfLife(readers + 1)
        self.socket = str(folder / "writer.socket")
        self.unusable, self.serving = Event(), Event()
        self._unstarted = Value("i", readers)

    def has_started(self) -> int:
        """Record that a process that reads has started, and return how many have not; for one that replaces another, it is negative."""
        with self._unstarted.get_lock():
            self._unstarted.value -= 1
            return int(self._unstarted.value)

    def fails_at_start(self) -> bool:
        """Return whether a process that reads cannot start before all have started once; then the service ends."""
        with self._unstarted.get_lock():
            return bool(self._unstarted.value > 0)

    def is_unusable(self) -> bool:
        """Record that the store cannot be opened, and return whether another process has recorded that before."""
        with self._unstarted.get_lock():
            recorded = self.unusable.is_set()
            self.unusable.set()
            return recorded


class Supervisor:
    """Runs the writing process, and watches all processes.

    :param shared: what they share
    :param serve: serves in the writing process
    """

    def __init__(self, shared: Shared, serve: Callable[[], None]) -> None:
        self._shared = shared
        self._serve = serve
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="supervision", daemon=True)
        self._writer = self._started()

    def start(self) -> bool:
        """Wait until the writing process serves, and return whether it does; if it does not, it has said why."""
        while not self._shared.serving.wait(LOOK):
            if not self._writer.is_alive():
                return False
        self._thread.start()
        return True

    def stop(self) -> None:
        """Have the writing process finish its requests, and end it."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()
        self._writer.terminate()
        self._writer.join(PATIENCE)
        if self._writer.is_alive():
            self._writer.kill()
            self._writer.join()

    def _started(self) -> Process:
        process = Process(target=self._serve, name="writer")
        process.start()
        return process

    def _watch(self) -> None:
        """Replace the writing process when it has ended, and kill each process that hangs; the server replaces those that read."""
        soon, since = 0, time.monotonic()
        while not self._stopping.wait(LOOK):
            if not self._writer.is_alive():
                soon = soon + 1 if time.monotonic() - since < SOON else 0
                _log.error("the process that writes ended (%s); another one is started", _reason(self._writer.exitcode))
                if self._stopping.wait(PAUSES[min(soon, len(PAUSES) - 1)]):
                    return
                since = time.monotonic()
                try:
                    self._writer = self._started()
                except OSError as error:  # the system has no memory for it, or no process
                    _log.error("the process that writes could not be started: %s", error.strerror)
            self._kill_hung()

    def _kill_hung(self) -> None:
        """Kill processes that hang, and free the places of those that have ended."""
        for pid, last in self._shared.signs.processes().items():
            if not _runs(pid):
                self._shared.signs.free(pid)
            elif time.monotonic() - last > HUNG:
                _log.error("process %d gave no sign of life for %g seconds and is killed", pid, HUNG)
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)


def _runs(pid: int) -> bool:
    """Return whether a process is running."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return pid > 0


def _reason(code: int | None) -> str:
    return f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"
