"""Crosswalks between ESCO and O*NET-SOC, and the change of the codes of O*NET-SOC from 2010 to 2019, as SKOS mappings.

Files go by many names; each is known by the columns of its header, which need not be the first line.
"""

from rolegraph.importers import Task, table_detection
from rolegraph.importers.crosswalk import changes, nesta, official
from rolegraph.importers.publications import Publication

CROSSWALKS = (nesta.TABLE, *official.TABLES)


def read(task: Task) -> Publication:
    """Import the one crosswalk of a download, with the help of the table of changed codes; or that table, where it is alone.

    :raises UnreadableInput: where there is no such table, or more than one of a kind
    :raises Refused: where the store does not have the occupations that a crosswalk leads from
    """
    crosswalk = table_detection.only(task.download, CROSSWALKS, "crosswalks, of which each becomes a source of its own")
    table = table_detection.only(task.download, changes.TABLES, "tables of changed codes")
    changed = changes.read(table, task.report) if table else None
    if crosswalk:
        publish = nesta.publish if crosswalk.table == nesta.TABLE else official.publish
        return publish(task, crosswalk, changed)
    if changed:
        return changes.publish(task, changed)
    raise table_detection.missing(task.download, (*CROSSWALKS, *changes.TABLES), "crosswalk")
