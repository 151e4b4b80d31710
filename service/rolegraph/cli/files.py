"""Writes the output of a command."""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from rolegraph.errors import BadParameter


def write(body: bytes, output: Path | None) -> None:
    """Write to a file, all or nothing, or to standard output if ``output`` is None.

    :raises BadParameter: if the file cannot be written
    """
    if output is None:
        sys.stdout.buffer.write(body)
        return
    with stream(output) as file:
        file.write(body)


def try_out(output: Path | None, parameter: str = "output") -> None:
    """Check that a file can be written, before the work starts whose result goes there.

    :raises BadParameter: if it cannot
    """
    if output is None or (output.exists() and not output.is_file()):
        return  # a device or a pipe gets no temporary file beside it
    try:
        tempfile.TemporaryFile(dir=output.parent).close()
    except OSError as error:
        raise BadParameter(parameter, f"{output} cannot be written: {error.strerror}", expected="a file in a folder that exists") from error


def tried(output: Path | None) -> Path | None:
    """Check that an output file can be written and return it; a hyphen becomes None, standard output."""
    file = None if str(output) == "-" else output
    try_out(file)
    return file


@contextmanager
def stream(output: Path | None) -> Iterator[IO[bytes]]:
    """Open a file for writing, or standard output if ``output`` is None. What goes wrong leaves a file as it was.

    :raises BadParameter: if the file cannot be written
    """
    if output is None:
        yield sys.stdout.buffer
        return
    special = output.exists() and not output.is_file()  # a pipe or a device cannot be replaced
    path = output if special else output.with_name(output.name + ".part")
    try:
        with path.open("wb") as file:
            yield file
        if not special:
            path.replace(output)
    except BaseException as error:
        if not special:
            path.unlink(missing_ok=True)
        if isinstance(error, OSError):
            detail = f"{output} cannot be written: {error.strerror}"
            raise BadParameter("output", detail, expected="a file in a folder that exists") from error
        raise
