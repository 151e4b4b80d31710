"""Crosswalks between ESCO and O*NET-SOC, and the change of the codes of O*NET-SOC from 2010 to 2019, as SKOS mappings.

File names vary, so tables are detected by the columns of their header, which need not be the first line.
"""

from rolegraph.importers import Task, table_detection
from rolegraph.importers.crosswalk import changes, nesta, official
from rolegraph.importers.publications import Publication

CROSSWALKS = (nesta.TABLE, *official.TABLES)


def read(task: Task) -> Publication:
    """Import the crosswalk of a download, using the table of changed codes if there is one; or that table, if there is no crosswalk.

    :raises UnreadableInput: if there is no such table, or several of a kind
    :raises Refused: if the store lacks the occupations that the crosswalk starts from
    """
    crosswalk = table_detection.detect_one(task.download, CROSSWALKS, "crosswalks, each of which becomes a source of its own")
    untyped = table_detection.detect_one(task.download, official.UNTYPED, "crosswalks without types of match")
    table = table_detection.detect_one(task.download, changes.TABLES, "tables of changed codes")
    changed = changes.read(table, task.report) if table else None
    if crosswalk and crosswalk.table == nesta.TABLE:
        return nesta.publish(task, crosswalk, changed)
    if crosswalk or untyped:
        return official.publish(task, crosswalk, untyped, changed)
    if changed:
        return changes.publish(task, changed)
    raise table_detection.missing(task.download, (*CROSSWALKS, *official.UNTYPED, *changes.TABLES), "crosswalk")
