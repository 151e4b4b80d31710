"""Importers: read the downloads of publishers into Rolegraph's model.

Each importer is a function that reads a :class:`~rolegraph.importers.downloads.Download`, writes triples to a
:class:`~rolegraph.importers.triples.Triples`, records what it skipped or fixed in an
:class:`~rolegraph.importers.reports.ImportReport`, and returns the :class:`~rolegraph.importers.publications.Publication` that it read.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from rolegraph.importers.downloads import Download
from rolegraph.importers.publications import Publication
from rolegraph.importers.reports import ImportReport
from rolegraph.importers.triples import Triples

IrisByLabel = Callable[[str], Mapping[str, str]]
"""Maps the name of a kind to the IRIs of its things in the vocabularies by case-folded label; ambiguous labels are left out."""

PreferredLabels = Callable[[str], Mapping[str, frozenset[str]]]
"""Maps the name of a kind to the IRIs of all its things in the store, each with its preferred labels in English, if any."""


def no_labels(_kind: str) -> Mapping[str, frozenset[str]]:
    """Return no things: the default :data:`PreferredLabels`."""
    return {}


@dataclass(frozen=True)
class Task:
    """The input and output of an importer: files, options, the file for the triples, the report, labels of vocabularies and store.

    ``version`` is the publisher's version if the caller names it; ``languages`` are the languages to import, or empty for all.
    """

    download: Download
    triples: Triples
    report: ImportReport
    iris_by_label: IrisByLabel
    version: str | None = None
    languages: tuple[str, ...] = ()
    preferred_labels: PreferredLabels = no_labels


Importer = Callable[[Task], Publication]


@dataclass(frozen=True)
class Imported:
    """The result of an import: the publication, the N-Triples file that holds its graph, and the report."""

    publication: Publication
    path: Path
    report: ImportReport


def run(importer: Importer, task: Task) -> Imported:
    """Run an importer and add the description of its publication to the graph."""
    try:
        publication = importer(task)
        publication.describe(task.triples)
    finally:
        task.triples.close()
    return Imported(publication, task.triples.path, task.report)
