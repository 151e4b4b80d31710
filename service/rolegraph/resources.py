"""Finds the ontology, the queries and the data: inside the package in a wheel, at the top of a checkout."""

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
PLACES = (PACKAGE / "shipped", PACKAGE.parent.parent)


def folder(name: str) -> Path:
    """Return the folder ``ontology``, ``queries`` or ``data`` of this installation.

    :raises FileNotFoundError: if it is missing
    """
    for place in PLACES:
        if (place / name).is_dir():
            return place / name
    raise FileNotFoundError(f"this installation of rolegraph is incomplete: the folder {name!r} is missing; reinstall the package")


def files(name: str, pattern: str) -> list[Path]:
    """Return the files of a folder that match a glob pattern, sorted by path."""
    return sorted(folder(name).glob(pattern))
