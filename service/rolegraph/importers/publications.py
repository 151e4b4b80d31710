"""The source that an import creates: publisher, version, licence and credit line."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from rolegraph import terms
from rolegraph.errors import BadParameter
from rolegraph.importers.downloads import Download
from rolegraph.importers.reports import ImportReport, printable
from rolegraph.importers.triples import Triples

_VERSION = re.compile(r"[0-9][A-Za-z0-9]*(?:[.-][A-Za-z0-9]+)*")


@dataclass(frozen=True)
class Publication:
    """One version of a publisher's data: ``credit`` is the required credit line, ``changes`` describes what the import changes.

    ``issued`` is an ISO 8601 date, or empty if unknown. ``slug`` is the last part of the source's IRI.
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


def version_of(requested: str | None, versions: Collection[str], what: str) -> str:
    """Return the version that the caller requests, or else the one in the names of the download; see :func:`versions_in_names`.

    :param what: the name of the publication, for errors
    :raises BadParameter: if there is no version, an invalid one, or several
    """
    if requested:
        version = without_prefix(requested)
        if not _VERSION.fullmatch(version):
            detail = f"{requested!r} is not a version"
            raise BadParameter("version", detail, expected="a number, followed by letters, digits, dots and hyphens, such as 1.1.1")
        return version
    if len(versions) > 1:
        detail = f"the names contain several versions of {what}: {', '.join(sorted(versions))}"
        raise BadParameter("version", detail, expected="files of one version; or --version with one of them")
    for version in versions:
        return version
    expected = "--version, such as --version 1.1.1; or its number in the name of the given folder or file"
    raise BadParameter("version", f"the files do not say which version of {what} they are", expected=expected)


def without_prefix(version: str) -> str:
    """Return a version without a leading "v": v1.0.3 is 1.0.3."""
    return re.sub(r"^[vV]\.?(?=\d)", "", version.strip())


def versions_in_names(download: Download, name: str) -> dict[str, str]:
    """Return the versions in the names of a download, each with the first name that contains it.

    These are the names of the given paths; if they contain no version, the names inside them that contain the publication's name. Names of
    parent folders do not count: they can belong to any project or environment. So the folder behind a path without a name, such as ``.``,
    counts only if its name contains the publication's.

    :param name: a pattern for the publication's name, such as ``ESCO``
    """
    named = re.compile(name, re.IGNORECASE)
    outside = [path.name if path.name not in ("", "..") else _if_matching(named, path.resolve().name) for path in download.paths]
    inside = [folder for part in download.parts for folder in part.within if named.search(folder)]
    version = re.compile(rf"(?:^|[^A-Za-z0-9.]|{name})v?(\d+(?:\.\d+){{1,3}})(?!\.?\d)", re.IGNORECASE)
    for names in (outside, inside):
        if versions := {match[1]: text for text in reversed(names) if (match := version.search(text))}:
            return versions
    return {}


def differing(report: ImportReport, version: str, names: Iterable[str]) -> None:
    """Note the names that contain another version than that of the import."""
    for name in map(printable, names):
        detail = f"{name} contains another version than {version}, which was requested and is used"
        report.note("version differs from the name", name, 0, detail)


def _if_matching(named: re.Pattern[str], name: str) -> str:
    return name if named.search(name) else ""
