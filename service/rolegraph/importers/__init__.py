"""Importers: what publishers offer for download, read into Rolegraph's model.

Each importer is a function that reads a :class:`~rolegraph.importers.downloads.Download`, writes triples to a
:class:`~rolegraph.importers.triples.Triples`, tells a :class:`~rolegraph.importers.reports.Report` what it left out or mended, and returns
the :class:`~rolegraph.importers.publications.Publication` that it read.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from rolegraph.importers.downloads import Download
from rolegraph.importers.publications import Publication
from rolegraph.importers.reports import Report
from rolegraph.importers.triples import Triples

Labelled = Callable[[str], Mapping[str, str]]
"""Gives, for a kind by its name, the IRI of each thing of the vocabularies by its labels, case-folded; an ambiguous label is left out."""

Known = Callable[[str], Mapping[str, frozenset[str]]]
"""Gives, for a kind by its name, the IRIs of all its things in the store, each with its preferred labels in English, if any."""


def nothing(_kind: str) -> Mapping[str, frozenset[str]]:
    """Know nothing: the plainest :data:`Known`."""
    return {}


@dataclass(frozen=True)
class Task:
    """What an importer is given: the files, what was asked for, where the triples go, whom to tell, and what vocabularies and store know.

    ``version`` is that of the publisher where the caller names it; ``languages`` are those that are wanted, all where there is none.
    """

    download: Download
    triples: Triples
    report: Report
    labelled: Labelled
    version: str | None = None
    languages: tuple[str, ...] = ()
    known: Known = nothing


Importer = Callable[[Task], Publication]


@dataclass(frozen=True)
class Imported:
    """What an import made: a publication, the N-Triples file that holds its graph, and the report."""

    publication: Publication
    path: Path
    report: Report


def run(importer: Importer, task: Task) -> Imported:
    """Run an importer, and describe the publication beside what it wrote."""
    try:
        publication = importer(task)
        publication.describe(task.triples)
    finally:
        task.triples.close()
    return Imported(publication, task.triples.path, task.report)
