"""Analyses for which it can be chosen which items count as near to others."""

from typing import TYPE_CHECKING

from rolegraph import nearness
from rolegraph.facade.pinning import Pinning

if TYPE_CHECKING:
    from rolegraph.analysis.agreement import Agreement
    from rolegraph.analysis.closeness import Closeness
    from rolegraph.analysis.gap import Gap


class Analysing(Pinning):
    """Gaps between roles, and the agreement of sources."""

    def gap(self, origin: str, target: str, near: str = nearness.REVIEWED) -> "Gap":
        """Return which needs of the role ``target`` the role ``origin`` covers, both by IRI; ``near`` is one of ``nearness.MODES``."""
        graph = self.pinned()
        return graph.analysis.gap(origin, target, _closeness(graph, near))

    def agreement(self, role: str, near: str = nearness.REVIEWED, *, matches: bool = False) -> "Agreement":
        """Return the claims about a role, given by IRI, that sources share, make alone, or contradict.

        :param near: one of ``nearness.MODES``
        :param matches: treat roles that are exact or close matches as the same role
        """
        graph = self.pinned()
        return graph.analysis.agreement(role, matches=matches, closeness=_closeness(graph, near))


def _closeness(graph: Pinning, near: str) -> "Closeness":
    from rolegraph.analysis.closeness import Closeness

    if near != nearness.PROPOSED:
        return Closeness(near)
    proposed = graph.comparer.proposed().items()
    return Closeness(near, {iri: [(match.iri, match.confidence or 0.0) for match in matches] for iri, matches in proposed})
