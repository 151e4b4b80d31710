"""The crosswalk of the European Commission and the U.S. Department of Labor: O*NET occupations to occupations or groups of ESCO."""

from rolegraph.importers import Task
from rolegraph.importers.crosswalk.changes import CODE, ONET, Changes
from rolegraph.importers.crosswalk.ends import Ends, ends
from rolegraph.importers.needed import needed
from rolegraph.importers.publications import Publication, slug, version_of
from rolegraph.importers.table_detection import DetectedTable, Table
from rolegraph.importers.tables import COMMAS, SEMICOLONS

_COLUMNS = ("O*NET Id", "O*NET Title", "ESCO or ISCO URI", "Type of Match")
TABLES = (Table(COMMAS, _COLUMNS), Table(SEMICOLONS, _COLUMNS))

# read from ESCO to O*NET: "broadMatch" says that the O*NET occupation is the broader one
PROPERTIES = {name.casefold(): f"skos:{name}" for name in ("exactMatch", "closeMatch", "broadMatch", "narrowMatch", "relatedMatch")}
PROPERTIES["exactisco"] = "skos:exactMatch"


def publish(task: Task, table: DetectedTable, changes: Changes | None) -> Publication:
    """Write the matches of the file as they are, each from ESCO to O*NET."""
    version = version_of(task.version, (), "the crosswalk")
    publication = Publication(
        slug=slug("crosswalk esco onet", version),
        title="Crosswalk between ESCO and O*NET",
        publisher="European Commission",
        version=version,
        licence="https://eur-lex.europa.eu/eli/dec/2011/833/oj",
        credit=(
            "This service uses the crosswalk between ESCO and O*NET of the European Commission and the U.S. Department of Labor, "
            "Employment and Training Administration."
        ),
        changes="Matches were written from ESCO to O*NET; titles and descriptions were left to the two taxonomies.",
        homepage="https://esco.ec.europa.eu/en/use-esco/other-crosswalks",
    )
    connectable = ends(task, changes)
    with needed(table.part, task.triples, task.report):
        _write(task, table, connectable)
    return publication


def _write(task: Task, table: DetectedTable, connectable: Ends) -> None:
    file, written = table.part.name, dict[tuple[str, str], int]()
    for line, (code, title, iri, match) in table.rows(task.report):
        property_ = PROPERTIES.get(match.rpartition(":")[2].casefold())
        if iri not in connectable.esco:
            task.report.skip("not in ESCO", file, line, f"<{iri}>, for {code}, is not in the store's ESCO")
        elif not CODE.fullmatch(code) or code not in connectable.codes:
            task.report.skip("not a code of O*NET", file, line, f"{code!r}, {title!r}, is not current")
        elif property_ is None:
            task.report.skip("unknown type of match", file, line, f"{match!r} between {code} and <{iri}>")
        elif (iri, code) in written:
            task.report.skip("pair repeated", file, line, f"<{iri}> and {code} are on line {written[iri, code]} already")
        else:
            written[iri, code] = line
            task.triples.link(iri, property_, ONET + code)
            task.report.written[property_] += 1
