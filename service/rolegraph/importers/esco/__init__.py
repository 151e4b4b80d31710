"""ESCO, the classification of skills, competences and occupations of the European Commission, from its tables in CSV."""

from rolegraph.importers import Task
from rolegraph.importers.esco.concepts import Concepts
from rolegraph.importers.esco.files import Files
from rolegraph.importers.esco.links import Links
from rolegraph.importers.esco.schemes import Schemes
from rolegraph.importers.publications import Publication, differing, slug, version_of, versions_in_names

CREDIT = "This service uses the ESCO classification of the European Commission."
CHANGES = (
    "Imported from the tables of ESCO: occupations as roles, skills and knowledge as skills, under ESCO's own IRIs, with its "
    "descriptions as definitions. Labels and texts were freed of stray blanks, invisible characters and markup; left out were "
    "labels that repeat another one of the same concept, rows that are not released, and links to concepts without a row."
)
LICENCE = "https://eur-lex.europa.eu/eli/dec/2011/833/oj"  # the decision of the Commission on the reuse of its documents
HOMEPAGE = "https://esco.ec.europa.eu/"


def read(task: Task) -> Publication:
    """Read a version of ESCO in the requested languages.

    :raises UnreadableInput: if a file is missing or cannot be read
    :raises BadParameter: if a language is missing, or the version is unknown
    """
    download_files = Files(task.download, task.languages, task.report)
    version = _version(task)
    concepts = Concepts(task.triples, task.report)
    concepts.read(download_files)
    Schemes(task.triples, task.report, concepts).read(download_files)
    Links(task.triples, task.report, concepts).read(download_files)
    return Publication(
        slug=slug("esco", version),
        title=f"ESCO {version}",
        publisher="European Commission",
        version=version,
        licence=LICENCE,
        credit=CREDIT,
        changes=CHANGES,
        homepage=HOMEPAGE,
    )


def _version(task: Task) -> str:
    """Return the version that the caller requests, or else the one in the names. If the two differ, that is noted."""
    versions = versions_in_names(task.download, "ESCO")
    version = version_of(task.version, versions, "ESCO")
    differing(task.report, version, [name for other, name in versions.items() if other != version])
    return version
