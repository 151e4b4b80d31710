"""What was imported, as a source: which version, whose, on which terms."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rolegraph import terms
from rolegraph.errors import BadParameter
from rolegraph.importers.triples import Triples

_VERSION = re.compile(r"(?<![\d.])v?(\d+(?:\.\d+){1,3})(?![\d.]*\d)", re.IGNORECASE)


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


def version_of(given: str | None, paths: Sequence[Path], what: str) -> str:
    """Return the version that the caller gives, or else that stands in the names of the files or of the folders that they lie in.

    :raises BadParameter: where neither says it, or the names differ
    """
    if given:
        if not re.fullmatch(r"[A-Za-z0-9]+([.-][A-Za-z0-9]+)*", given):
            raise BadParameter("version", f"{given!r} is no version", expected="letters and digits with dots between, such as 1.1.1")
        return given
    told = sorted({found for path in paths if (found := _told(path))})
    if len(told) == 1:
        return told[0]
    if told:
        raise BadParameter("version", f"the names of the files tell several versions of {what}: {', '.join(told)}", expected="one of them")
    raise BadParameter("version", f"the files do not say which version of {what} they are", expected="--version, such as --version 1.1.1")


def _told(path: Path) -> str:
    names = (path.name, *(parent.name for parent in path.resolve().parents))
    return next((found[1] for name in names if (found := _VERSION.search(name))), "")
