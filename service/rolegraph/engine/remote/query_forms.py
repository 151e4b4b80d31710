"""Reads a query before it is sent to an endpoint: that it is one, what its answer will be, and which graphs it names itself."""

from dataclasses import dataclass
from functools import lru_cache

from rdflib.plugins.sparql.parser import parseQuery

from rolegraph.engine import syntax_errors
from rolegraph.engine.federation import FederationPolicy
from rolegraph.engine.query_limits import refuse_deep
from rolegraph.errors import TooLarge, UnreadableInput

LONGEST = 256 * 1024  # characters, of which this parser reads about 150 a millisecond


@dataclass(frozen=True)
class QueryForm:
    """What is known of a query: its ``name`` is SELECT, ASK, CONSTRUCT or DESCRIBE; ``dataset`` tells that it has FROM clauses."""

    name: str
    dataset: bool
    base: bool

    @property
    def holds(self) -> str:
        """What the answer is: ``table`` or ``graph``."""
        return "table" if self.name in ("SELECT", "ASK") else "graph"


LOOKUP = QueryForm("SELECT", dataset=False, base=True)
"""The form of this program's own look-ups, whose text is fixed."""


@lru_cache(maxsize=256)
def read(text: str) -> QueryForm:
    """Read a query; only what this returns for may be sent.

    :raises UnreadableInput: for what is no query of SPARQL 1.1, such as an update, with line and column
    :raises Refused: for one that calls another endpoint
    """
    if len(text) > LONGEST:
        raise TooLarge(f"the query has {len(text)} characters", expected=f"at most {LONGEST}")
    refuse_deep(text)
    FederationPolicy().check_query(text)
    try:
        prologue, query = parseQuery(text)
    except Exception as error:  # the parser has no one class for what it cannot read
        if found := syntax_errors.find(text, "query"):
            raise found.error(text, "query") from error
        line, column = getattr(error, "lineno", None), getattr(error, "column", None)
        raise UnreadableInput(_explain(text, error), line=line, column=column) from error
    if found := syntax_errors.unmeant(text):  # this parser lets it pass, and endpoints word it each in its way
        raise found.error(text, "query")
    names = {"SelectQuery": "SELECT", "AskQuery": "ASK", "ConstructQuery": "CONSTRUCT", "DescribeQuery": "DESCRIBE"}
    return QueryForm(names[query.name], dataset=bool(query.datasetClause), base=any(part.name == "Base" for part in prologue))


def _explain(text: str, error: Exception) -> str:
    """Say near what the parser stopped, and which version is read here."""
    rest = getattr(error, "pstr", text)[getattr(error, "loc", 0) :].lstrip()
    word = rest.split(None, 1)[0] if rest else ""
    what = f"{word[:40]!r} does not fit here" if word else "it ends too early"
    return f"the query does not parse as SPARQL 1.1, which is what remote endpoints are asked in: {what}"
