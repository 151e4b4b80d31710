"""Writes the output of a command."""

import sys
import tempfile
from pathlib import Path

from rolegraph.errors import BadParameter


def write(body: bytes, output: Path | None) -> None:
    """Write to a file, all or nothing, or to standard output if ``output`` is None.

    :raises BadParameter: if the file cannot be written
    """
    if output is None:
        sys.stdout.buffer.write(body)
        return
    temporary = output.with_name(output.name + ".part")
    try:
        temporary.write_bytes(body)
        temporary.replace(output)
    except OSError as error:
        raise BadParameter("output", f"{output} cannot be written: {error.strerror}", expected="a file in a folder that exists") from error


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
