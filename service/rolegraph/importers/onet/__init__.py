"""O*NET, the classification of occupations in the United States, from the text files of its database."""

import re

from rolegraph.errors import BadParameter
from rolegraph.importers import Task
from rolegraph.importers.downloads import Download
from rolegraph.importers.onet import education, elements, occupations, related_occupations, tasks, technologies, titles
from rolegraph.importers.onet.reading import Reading, require_files
from rolegraph.importers.publications import Publication, differing, slug, version_of, versions_in_names

_TITLE = re.compile(r"O\*NET\s+(\d+(?:\.\d+)+)\s+Database", re.IGNORECASE)
_RELEASED = re.compile(r"^(\w+ \d{4}) Release\s*$", re.MULTILINE)
_ZIPPED = re.compile(r"(?<![A-Za-z])db_(\d+)_(\d+)")
WHAT = "the O*NET database"
READ_ME = 100_000  # bytes that are read; the file has about 500

CREDIT = (
    "This page includes information from the O*NET {version} Database by the U.S. Department of Labor, Employment and Training "
    "Administration (USDOL/ETA). Used under the CC BY 4.0 license. O*NET® is a trademark of USDOL/ETA. Rolegraph has modified all or some "
    "of this information. USDOL/ETA has not approved, endorsed, or tested these modifications."
)
CHANGES = (
    "{released}Turned into linked data by Rolegraph, which takes a part of the database and modifies it: labels are cleaned of stray "
    "blanks; rows that are recommended for suppression or not relevant are left out; skills and knowledge of an importance of 3 and more "
    "are called essential, those of 2 and more optional; the level of education named most is called required, higher ones that a fifth "
    "or more name are called preferred; software that Rolegraph's own vocabulary knows stands under its name there."
)


def read(task: Task) -> Publication:
    """Read the text files of one release, from a folder or the zip.

    :raises UnreadableInput: if a required file or column is missing, or a table is malformed
    :raises BadParameter: if the version is unknown or contradictory
    """
    require_files(task.download)
    read_me = _read_me(task.download)
    version = _version(task, read_me)
    released = _RELEASED.search(read_me)
    publication = Publication(
        slug=slug("onet", version),
        title=f"O*NET {version} Database",
        publisher="U.S. Department of Labor, Employment and Training Administration",
        version=version,
        licence="https://creativecommons.org/licenses/by/4.0/",
        credit=CREDIT.format(version=version),
        changes=CHANGES.format(released=f"The release of {released[1]}. " if released else ""),
        homepage="https://www.onetcenter.org/database.html",
    )
    reading = Reading(task, publication.iri)
    occupations.read(reading)
    titles.read(reading)
    tasks.read(reading)
    technologies.read(reading)
    elements.read(reading)
    education.read(reading)
    related_occupations.read(reading)
    reading.report_missing_occupations()
    return publication


def _read_me(download: Download) -> str:
    if not download.named("Read Me.txt"):
        return ""
    with download.single("Read Me.txt").open() as file:
        return file.read(READ_ME).decode("utf-8", "replace").replace("\r\n", "\n")


def _version(task: Task, read_me: str) -> str:
    """Return the version that Read Me states, or else the requested one, or else the one in the names of files and folders.

    :raises BadParameter: if there is none, or the caller requests another one than Read Me states
    """
    stated, requested = _TITLE.search(read_me), version_of(task.version, (), WHAT) if task.version else ""
    if stated and requested and stated[1] != requested:
        detail = f"{task.version!r} was requested, but Read Me.txt says that this is O*NET {stated[1]}"
        raise BadParameter("version", detail, expected=f"--version {stated[1]}, or the files of {requested}")
    if stated:
        return stated[1]
    versions = {f"{zipped[1]}.{zipped[2]}": name for name in _names(task.download) if (zipped := _ZIPPED.search(name))}
    versions = versions or versions_in_names(task.download, r"O\*?NET")
    version = requested or version_of(None, versions, WHAT)
    differing(task.report, version, [name for other, name in versions.items() if other != version])
    return version


def _names(download: Download) -> list[str]:
    """Return the names of the given paths and of the folders in them, one of which may be the publisher's ``db_29_2_text``."""
    names = [path.name if path.name not in ("", "..") else path.resolve().name for path in download.paths]
    return [*names, *dict.fromkeys(name for part in download.parts for name in part.within)]
