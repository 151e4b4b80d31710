"""Cleaned labels of concepts, and the labels that several concepts share."""

import re
from collections.abc import Sequence

from rolegraph import terms
from rolegraph.importers.cleaning import Cleaner
from rolegraph.importers.reports import ImportReport
from rolegraph.importers.triples import Triples

NAMED = 5  # concepts that a remark about an ambiguous label lists
_BREAK = re.compile(r"\r\n|\r|\n")

Place = tuple[str, int]


class Labels:
    """Writes labels. Each label of a concept is written once per language: as preferred, else alternative, else hidden."""

    def __init__(self, triples: Triples, report: ImportReport) -> None:
        self._triples = triples
        self._report = report
        self._bearers: dict[tuple[str, str], dict[str, str]] = {}
        self._shared: dict[tuple[str, str, str], dict[str, Place]] = {}

    def write(
        self, iri: str, what: str, preferred: tuple[str, str], others: Sequence[tuple[str, str]], *, place: Place, clean: Cleaner
    ) -> None:
        """Write the labels of a concept in a language.

        :param what: the sort of concepts within which labels should be unique, in the plural
        :param preferred: the language, and the cleaned preferred label
        :param others: pairs of a property and a cell with one label per line
        :param place: the file and the line
        """
        (file, line), (language, name) = place, preferred
        seen = {name}
        self._triples.text(iri, "skos:prefLabel", name, language)
        for property_, cell in others:
            for text in _BREAK.split(cell) if cell else ():
                label = clean.label(text, line)
                if label and label not in seen:
                    seen.add(label)
                    self._triples.text(iri, property_, label, language)
                elif label == name:
                    self._report.fix("label repeats the preferred one", file, line, f"{label!r} was left out of {property_}")
                elif label:
                    self._report.fix("label given twice", file, line, f"{label!r} was taken once")
        self._report.written[f"labels in {language}"] += len(seen)
        self._remember(iri, what, language, seen, place)

    def _remember(self, iri: str, what: str, language: str, labels: set[str], place: Place) -> None:
        bearers = self._bearers.setdefault((what, language), {})
        for label in {label.casefold() for label in labels}:
            first = bearers.setdefault(label, iri)
            if first != iri:
                self._shared.setdefault((what, language, label), {first: place})[iri] = place

    def report_ambiguous_labels(self) -> None:
        """Note each label that several concepts of a sort share, at the second of them."""
        for (what, language, label), iris in self._shared.items():
            names = ", ".join(terms.shorten(iri) for iri in list(iris)[:NAMED]) + (" …" if len(iris) > NAMED else "")
            file, line = list(iris.values())[1]
            self._report.note("ambiguous label", file, line, f"{label!r}@{language} names {len(iris)} {what}: {names}")
