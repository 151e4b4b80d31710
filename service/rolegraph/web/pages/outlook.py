"""What the sources say of the outlook of roles, for pages."""

from collections.abc import Sequence

from rolegraph import terms
from rolegraph.facade import Rolegraph
from rolegraph.values import Row


def by_outlook(graph: Rolegraph, roles: Sequence[str]) -> dict[str, Row]:
    """Return the rows of the query ``outlook`` for roles, by the IRI of the outlook."""
    roles = graph.catalogue.rare.among(roles, f"{terms.RG}outlook")
    return {row["outlook"].value: row for row in graph.rows("outlook", {"role": roles})} if roles else {}
