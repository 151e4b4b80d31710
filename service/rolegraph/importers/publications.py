"""What was imported, as a source: which version, whose, on which terms."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from rolegraph import terms
from rolegraph.errors import BadParameter
from rolegraph.importers.downloads import Download
from rolegraph.importers.reports import Report, printable
from rolegraph.importers.triples import Triples

_GIVEN = re.compile(r"[0-9][A-Za-z0-9]*(?:[.-][A-Za-z0-9]+)*")


@dataclass(frozen=True)
class Publication:
    """One version of what a publisher offers: ``credit`` is the line that has to be shown, ``changes`` says what the import changes.

    ``issued`` is a day in the form of ISO 8601, or empty where it is not known. ``slug`` is the last part of the source's IRI.
    """

    slug: str
    title: str
    publisher: str
    version: str
    licence: str
    credit: str
    changes: str
    homepage: str
    issued: str = ""

    @property
    def iri(self) -> str:
        """The IRI of the source, which is also that of its named graph."""
        return terms.KINDS["source"].namespace + self.slug

    def describe(self, triples: Triples) -> None:
        """Write the description of the source."""
        triples.types(self.iri, "rg:Source", "dcat:Dataset")
        triples.text(self.iri, "dct:title", self.title, "en")
        triples.text(self.iri, "dct:publisher", self.publisher)
        triples.text(self.iri, "dcat:version", self.version)
        triples.link(self.iri, "dct:license", self.licence)
        triples.text(self.iri, "schema:creditText", self.credit, "en")
        triples.text(self.iri, "dct:description", self.changes, "en")
        triples.link(self.iri, "dcat:landingPage", self.homepage)
        if self.issued:
            triples.value(self.iri, "dct:issued", self.issued, "date")


def slug(name: str, version: str) -> str:
    """Return the slug of a version of a publication: ``esco-1-1-1``."""
    return terms.slugify(f"{name} {version}")


def version_of(given: str | None, told: Collection[str], what: str) -> str:
    """Return the version that the caller gives, or else that the names of the download tell; see :func:`told_by`.

    :raises BadParameter: where neither says it, or the names differ
    """
    if given:
        version = plain(given)
        if not _GIVEN.fullmatch(version):
            raise BadParameter("version", f"{given!r} is no version", expected="a number, with letters and digits after it, such as 1.1.1")
        return version
    if len(told) > 1:
        raise BadParameter("version", f"the names tell several versions of {what}: {', '.join(sorted(told))}", expected="one of them")
    for version in told:
        return version
    expected = "--version, such as --version 1.1.1; or its number in the name of the folder or the file that is given"
    raise BadParameter("version", f"the files do not say which version of {what} they are", expected=expected)


def plain(version: str) -> str:
    """Return a version without the "v" that many write before it: v1.0.3 is 1.0.3."""
    return re.sub(r"^[vV]\.?(?=\d)", "", version.strip())


def told_by(download: Download, name: str) -> dict[str, str]:
    """Return the versions that names tell, each with the first of these names.

    Those of the paths that are given, as they are given; else those within them that have the publication's own name. Never those of the
    folders above, which can be any project or environment; so a path without a name, such as ``.``, has to have the publication's name.

    :param name: a pattern for the publication's name, such as ``ESCO``
    """
    named = re.compile(name, re.IGNORECASE)
    given = [path.name if path.name not in ("", "..") else _with(named, path.resolve().name) for path in download.paths]
    within = [piece for part in download.parts for piece in part.within if named.search(piece)]
    version = re.compile(rf"(?:^|[^A-Za-z0-9.]|{name})v?(\d+(?:\.\d+){{1,3}})(?!\.?\d)", re.IGNORECASE)
    for names in (given, within):
        if told := {found[1]: one for one in reversed(names) if (found := version.search(one))}:
            return told
    return {}


def differing(report: Report, version: str, names: Iterable[str]) -> None:
    """Note the names that tell another version than that of an import."""
    for name in map(printable, names):
        detail = f"{name} tells another version than {version}, which was asked for, and counts"
        report.note("version differs from the name", name, 0, detail)


def _with(named: re.Pattern[str], name: str) -> str:
    return name if named.search(name) else ""
