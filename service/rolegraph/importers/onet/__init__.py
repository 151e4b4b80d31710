"""O*NET, the occupations of the United States, from the text files of its database."""

import re

from rolegraph.errors import BadParameter
from rolegraph.importers import Task
from rolegraph.importers.downloads import Download
from rolegraph.importers.onet import education, elements, occupations, related_occupations, tasks, technologies, titles
from rolegraph.importers.onet.reading import Reading, demand
from rolegraph.importers.publications import Publication, differing, slug, told_by, version_of

_NAMED = re.compile(r"O\*NET\s+(\d+(?:\.\d+)+)\s+Database", re.IGNORECASE)
_RELEASED = re.compile(r"^(\w+ \d{4}) Release\s*$", re.MULTILINE)
_ZIPPED = re.compile(r"(?<![A-Za-z])db_(\d+)_(\d+)")
WHAT = "the O*NET database"
READ_ME = 100_000  # bytes; it has five hundred

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

    :raises UnreadableInput: where a file or a column that is needed is missing, or a file is not a table as it should be
    :raises BadParameter: where the version is not told, or is told in two ways
    """
    demand(task.download)
    told = _read_me(task.download)
    version = _version(task, told)
    found = _RELEASED.search(told)
    publication = Publication(
        slug=slug("onet", version),
        title=f"O*NET {version} Database",
        publisher="U.S. Department of Labor, Employment and Training Administration",
        version=version,
        licence="https://creativecommons.org/licenses/by/4.0/",
        credit=CREDIT.format(version=version),
        changes=CHANGES.format(released=f"The release of {found[1]}. " if found else ""),
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
    reading.tell_silence()
    return publication


def _read_me(download: Download) -> str:
    if not download.named("Read Me.txt"):
        return ""
    with download.one("Read Me.txt").open() as file:
        return file.read(READ_ME).decode("utf-8", "replace").replace("\r\n", "\n")


def _version(task: Task, told: str) -> str:
    """Return the version that the file Read Me states, or else the caller, or else the names of files and folders.

    :raises BadParameter: where none says it, or the caller says another one than Read Me
    """
    stated, given = _NAMED.search(told), version_of(task.version, (), WHAT) if task.version else ""
    if stated and given and stated[1] != given:
        detail = f"{task.version!r} was asked for, and Read Me.txt says that this is O*NET {stated[1]}"
        raise BadParameter("version", detail, expected=f"--version {stated[1]}, or the files of {given}")
    if stated:
        return stated[1]
    named = {f"{zipped[1]}.{zipped[2]}": name for name in _names(task.download) if (zipped := _ZIPPED.search(name))}
    named = named or told_by(task.download, r"O\*?NET")
    version = given or version_of(None, named, WHAT)
    differing(task.report, version, [name for other, name in named.items() if other != version])
    return version


def _names(download: Download) -> list[str]:
    """Return the names of what is given and of what lies in it, in which a publisher's own ``db_29_2_text`` may be."""
    given = [path.name if path.name not in ("", "..") else path.resolve().name for path in download.paths]
    return [*given, *dict.fromkeys(name for part in download.parts for name in part.within)]
