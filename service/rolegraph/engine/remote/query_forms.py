"""Parses a query before it is sent to an endpoint: checks that it is a query, and determines its form and whether it has a dataset."""

from dataclasses import dataclass
from functools import lru_cache

from rdflib.plugins.sparql.parser import parseQuery

from rolegraph.engine import syntax_errors
from rolegraph.engine.federation import FederationPolicy
from rolegraph.engine.query_limits import refuse_deep
from rolegraph.errors import TooLarge, UnreadableInput

LONGEST = 256 * 1024  # characters; rdflib parses about 150 per millisecond


@dataclass(frozen=True)
class QueryForm:
    """The form of a query.

    :param name: SELECT, ASK, CONSTRUCT or DESCRIBE
    :param dataset: whether it has FROM clauses
    :param base: whether it has a BASE declaration
    """

    name: str
    dataset: bool
    base: bool

    @property
    def holds(self) -> str:
        """The kind of its answer: ``table`` or ``graph``."""
        return "table" if self.name in ("SELECT", "ASK") else "graph"


LOOKUP = QueryForm("SELECT", dataset=False, base=True)
"""The form of internal look-ups, whose text is fixed."""


@lru_cache(maxsize=256)
def read(text: str) -> QueryForm:
    """Parse a query. Only a query that passes may be sent.

    :raises UnreadableInput: for a text that is not a query of SPARQL 1.1, such as an update, with line and column
    :raises Refused: for a query that calls another endpoint
    :raises TooLarge: for a query over :data:`LONGEST` characters
    """
    if len(text) > LONGEST:
        raise TooLarge(f"the query has {len(text)} characters", expected=f"at most {LONGEST}")
    refuse_deep(text)
    FederationPolicy().check_query(text)
    try:
        prologue, query = parseQuery(text)
    except Exception as error:  # the parser raises errors of many kinds
        if mistake := syntax_errors.find(text, "query"):
            raise mistake.error(text, "query") from error
        line, column = getattr(error, "lineno", None), getattr(error, "column", None)
        raise UnreadableInput(_explain(text, error), line=line, column=column) from error
    if mistake := syntax_errors.unmeant(text):  # rdflib accepts it, and the messages of endpoints differ
        raise mistake.error(text, "query")
    names = {"SelectQuery": "SELECT", "AskQuery": "ASK", "ConstructQuery": "CONSTRUCT", "DescribeQuery": "DESCRIBE"}
    return QueryForm(names[query.name], dataset=bool(query.datasetClause), base=any(part.name == "Base" for part in prologue))


def _explain(text: str, error: Exception) -> str:
    """Return a message with the word at which the parser stopped."""
    remaining = getattr(error, "pstr", text)[getattr(error, "loc", 0) :].lstrip()
    word = remaining.split(None, 1)[0] if remaining else ""
    what = f"{word[:40]!r} is not allowed here" if word else "it ends too early"
    return f"the query does not parse as SPARQL 1.1, the version for remote endpoints: {what}"
