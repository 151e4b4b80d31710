"""Writing what a command makes."""

import sys
import tempfile
from pathlib import Path

from rolegraph.errors import BadParameter


def write(body: bytes, output: Path | None) -> None:
    """Write to a file, as a whole or not at all, or to standard output where there is none.

    :raises BadParameter: where the file cannot be written
    """
    if output is None:
        sys.stdout.buffer.write(body)
        return
    fresh = output.with_name(output.name + ".part")
    try:
        fresh.write_bytes(body)
        fresh.replace(output)
    except OSError as error:
        raise BadParameter("output", f"{output} cannot be written: {error.strerror}", expected="a file in a folder that exists") from error


def try_out(output: Path | None, parameter: str = "output") -> None:
    """See that a file can be written, before the work whose result it is to hold.

    :raises BadParameter: where it cannot
    """
    if output is None or (output.exists() and not output.is_file()):
        return  # a device or a pipe is as it is
    try:
        tempfile.TemporaryFile(dir=output.parent).close()
    except OSError as error:
        raise BadParameter(parameter, f"{output} cannot be written: {error.strerror}", expected="a file in a folder that exists") from error


def tried(output: Path | None) -> Path | None:
    """Return a file that was tried out; None is standard output, as is a hyphen."""
    found = None if str(output) == "-" else output
    try_out(found)
    return found
