"""What sources state of a role in parts of their own: ratings, requirement groups, and outlooks of other populations."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from rolegraph import dependencies, terms
from rolegraph.catalogue import groups, outlooks
from rolegraph.catalogue.groups import StatedGroup
from rolegraph.catalogue.labels import Ask
from rolegraph.catalogue.rare import RolesWithParts
from rolegraph.queries.internal import query
from rolegraph.values import Outlook, Rating, RequirementGroup

_OUTLOOK_CLAIMS = dependencies.linked(str(terms.expand("rdf:predicate")), f"{terms.RG}outlook")


class RoleParts:
    """The parts of the roles of one revision.

    :param ask: answers a SELECT query on it
    :param kept: whether the revision never changes
    """

    def __init__(self, ask: Ask, *, kept: bool) -> None:
        self._ask = ask
        self._grouped = RolesWithParts(ask, "roles-with-groups", kept=kept)
        self._with_outlooks = RolesWithParts(ask, "roles-with-outlook-claims", kept=kept, keys=(_OUTLOOK_CLAIMS,))

    def groups(self, roles: Sequence[str]) -> dict[str, tuple[StatedGroup, ...]]:
        """Return the requirement groups of roles, given by IRI; roles without any are left out."""
        grouped = self._grouped.among(roles)
        return groups.of_roles(self._ask, grouped) if grouped else {}

    def of_role(
        self, role: str, labels_of: Callable[[Iterable[str]], Mapping[str, str]]
    ) -> tuple[tuple[Rating, ...], tuple[RequirementGroup, ...], tuple[Outlook, ...]]:
        """Return the ratings, the requirement groups and the outlooks of other populations that sources give for a role.

        :param labels_of: returns the labels of things by IRI
        """
        others = outlooks.of_other_populations(self._ask, role, labels_of) if self._with_outlooks.among([role]) else ()
        return self._ratings(role), groups.named(self.groups([role]).get(role, ()), labels_of), others

    def _ratings(self, role: str) -> tuple[Rating, ...]:
        """Return the ratings of a role's items, the most important first."""
        rows = self._ask(query("ratings-of-role").bind({"role": role}))
        ratings = [
            Rating(row["item"].value, row["source"].value, row["importance"].value, row["mastery"].value if "mastery" in row else "")
            for row in rows
        ]
        return tuple(sorted(ratings, key=lambda rating: (-float(rating.importance), rating.item, rating.source)))
