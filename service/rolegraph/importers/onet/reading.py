"""What reading each of O*NET's files needs: rows without nulls, of occupations that there are, and a way to write ratings."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from decimal import Decimal
from re import Pattern

from rolegraph.errors import UnreadableInput
from rolegraph.importers import Task
from rolegraph.importers.cleaning import Cleaner
from rolegraph.importers.downloads import Download
from rolegraph.importers.needed import needed, nothing_of
from rolegraph.importers.tables import TABS, rows
from rolegraph.terms import KINDS

OCCUPATION = "O*NET-SOC Code"
SOC = re.compile(r"\d{2}-\d{4}\.\d{2}")
ELEMENT = re.compile(r"[A-Za-z0-9]+(?:\.[A-Za-z0-9]+)*")
NUMERAL = re.compile(r"\d{1,12}")
_NUMBER = re.compile(r"\d{1,9}(?:\.\d{1,9})?")

NULL = "n/a"
ENGLISH = "en"
SPARSE = ("Emerging Tasks.txt", "Tasks to DWAs.txt")  # of which nobody expects that they speak of every occupation

REQUIRED = (
    *("Occupation Data.txt", "Alternate Titles.txt", "Task Statements.txt", "Technology Skills.txt", "Skills.txt", "Knowledge.txt"),
    "Content Model Reference.txt",
)
OPTIONAL = {
    "Emerging Tasks.txt": (),
    "Tasks to DWAs.txt": ("DWA Reference.txt",),
    "Education, Training, and Experience.txt": ("Education, Training, and Experience Categories.txt",),
    "Job Zones.txt": ("Job Zone Reference.txt",),
    "Related Occupations.txt": (),
}
"""The files that may be missing, each with those that it cannot be read without."""


def demand(download: Download) -> None:
    """See that the files are there, before anything is read.

    :raises UnreadableInput: naming all that are missing
    """
    missing = [name for name in REQUIRED if not download.named(name)]
    for name, companions in OPTIONAL.items():
        if download.named(name):
            missing += [companion for companion in companions if not download.named(companion)]
    if missing:
        names = sorted({part.name for part in download.parts})
        detail = f"{download.where} has no file {', no file '.join(missing)}; other releases may call it otherwise"
        expected = "the text files of the O*NET database, tab-separated, by their names in 29.2"
        raise UnreadableInput(detail, expected=expected, found=names[:60])


class Reading:
    """One release that is being read: what its modules share.

    ``titles`` holds the title and the line of each occupation by its code, as soon as they are read; ``placed`` the things that stand below
    an element of the content model, each with that element.
    """

    def __init__(self, task: Task, source: str) -> None:
        self.triples = task.triples
        self.report = task.report
        self.labelled = task.labelled
        self.source = source
        self.titles: dict[str, tuple[str, int]] = {}
        self.placed: list[tuple[str, str]] = []
        self._download = task.download
        self._spoken: dict[str, set[str]] = {}

    def has(self, name: str) -> bool:
        """Tell whether a file that may be missing is there, and note where it is not."""
        if self._download.named(name):
            return True
        self.report.note("file that may be missing", name, 0, "there is no such file; what it would say is left out")
        return False

    def needed(self, name: str) -> AbstractContextManager[None]:
        """Return what sees, while a file is read that cannot be done without, that it makes triples; see :func:`~needed.needed`."""
        return needed(self._download.one(name), self.triples, self.report)

    def nothing_of(self, name: str) -> UnreadableInput:
        """Return the error that says that nothing could be taken from a file."""
        return nothing_of(self._download.one(name), self.report)

    def cleaner(self, name: str) -> Cleaner:
        """Return what cleans the labels of a file."""
        return Cleaner(self.report, name)

    def rows(
        self, name: str, columns: Sequence[str], codes: Mapping[int, Pattern[str]], optional: Sequence[str] = ()
    ) -> Iterator[tuple[int, list[str]]]:
        """Yield the rows of a file with their lines; nulls are empty.

        :param codes: how the cells of some columns, by their places, have to look, so that an IRI can be made of them
        """
        for line, cells in rows(self._download.one(name), TABS, columns, self.report, optional):
            row = ["" if cell == NULL else cell for cell in cells] if NULL in cells else cells
            for place, pattern in codes.items():
                if not pattern.fullmatch(row[place]):
                    self.report.skip("not a code", name, line, f"{columns[place]} is {row[place]!r}")
                    break
            else:
                yield line, row

    def of_occupations(
        self, name: str, columns: Sequence[str], codes: Mapping[int, Pattern[str]], optional: Sequence[str] = ()
    ) -> Iterator[tuple[int, str, list[str]]]:
        """Yield line, code of the occupation and the other cells of the rows of a file, whose first column is that code."""
        spoken = self._spoken.setdefault(name, set())
        shifted = {place + 1: pattern for place, pattern in codes.items()}
        for line, row in self.rows(name, (OCCUPATION, *columns), shifted, optional):
            code = row[0]
            if code in self.titles:
                spoken.add(code)
                yield line, code, row[1:]
            else:
                self.report.skip("unknown occupation", name, line, f"{code!r} is not in Occupation Data.txt")

    def tell_silence(self) -> None:
        """Note each occupation of which a file says nothing: nothing is known, which is not to say that it has nothing."""
        for name, spoken in self._spoken.items():
            for code, (title, line) in self.titles.items():
                if code not in spoken and name not in SPARSE:
                    self.report.note(f"no data in {name}", "Occupation Data.txt", line, f"{code} {title}")

    def figure(self, name: str, line: int, text: str, bounds: tuple[int, int]) -> Decimal | None:
        """Return a number within the bounds of its scale; None for a null, and for what is no such number, which is reported."""
        if not text:
            return None
        number = Decimal(text) if _NUMBER.fullmatch(text) else None
        if number is None or not bounds[0] <= number <= bounds[1]:
            self.report.skip("not on the scale", name, line, f"{text!r} is no number from {bounds[0]} to {bounds[1]}")
            return None
        return number

    def rate(self, code: str, key: str, item: str, figures: Mapping[str, int | Decimal | None]) -> None:
        """Write the rating of an item for an occupation, with the figures that there are, by property."""
        rating = f"{self.source}#{code}-{key}"
        self.triples.types(rating, "rg:Rating")
        self.triples.link(rating, "rg:role", role(code))
        self.triples.link(rating, "rg:item", item)
        for property_, figure in figures.items():
            if figure is not None:
                self.triples.number(rating, property_, figure)
        self.report.written["ratings"] += 1

    def concept(self, iri: str, class_: str, label: str, definition: str = "", notation: str = "") -> None:
        """Write a concept of a class of ours, with its label, and its definition and notation where there are any."""
        self.triples.types(iri, "skos:Concept", class_)
        self.triples.text(iri, "skos:prefLabel", label, ENGLISH)
        if definition:
            self.triples.text(iri, "skos:definition", definition, ENGLISH)
        if notation:
            self.triples.text(iri, "skos:notation", notation)


def role(code: str) -> str:
    """Return the IRI of an occupation."""
    return f"onet:{code}"


def thing(kind: str, slug: str) -> str:
    """Return the IRI of a thing of ours."""
    return KINDS[kind].namespace + slug
