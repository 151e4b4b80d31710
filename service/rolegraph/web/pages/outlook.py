"""What the sources say of the outlook of roles, for pages."""

from collections.abc import Mapping, Sequence

from rolegraph import terms
from rolegraph.catalogue import statements
from rolegraph.facade import Rolegraph
from rolegraph.values import Named, Outlook, Row

_THINGS = ("subject", "measure", "direction", "comparedWith", "unit", "judgement", "region", "authority")


def by_outlook(graph: Rolegraph, roles: Sequence[str], others: Sequence[Outlook] = ()) -> dict[str, Row]:
    """Return the rows of the query ``outlook`` for roles and other populations, given by IRI, by the IRI of the outlook.

    :param others: the outlooks of other populations that are shown with them: where there are any, the query has rows for these
    """
    roles = roles if others else graph.catalogue.rare.among(roles, f"{terms.RG}outlook")
    if not roles:
        return {}
    return {row["outlook"].value: row for row in statements.outlooks(graph.engine, graph.queries.get("outlook"), roles)}


def labels(graph: Rolegraph, outlooks: Mapping[str, Row]) -> dict[str, Named]:
    """Return the labels of what the rows of :func:`by_outlook` name: subject, measure, direction, unit, region and so on."""
    return graph.catalogue.labels(sorted({row[name].value for row in outlooks.values() for name in _THINGS if name in row}))
