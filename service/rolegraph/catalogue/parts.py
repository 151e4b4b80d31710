"""What sources state of a role in parts of their own: ratings, requirement groups, and outlooks of other populations."""

from collections.abc import Callable, Iterable, Mapping

from rolegraph.catalogue import groups, outlooks
from rolegraph.catalogue.labels import Ask
from rolegraph.queries.internal import query
from rolegraph.values import Outlook, Rating, RequirementGroup


def of_role(
    ask: Ask, role: str, labels_of: Callable[[Iterable[str]], Mapping[str, str]]
) -> tuple[tuple[Rating, ...], tuple[RequirementGroup, ...], tuple[Outlook, ...]]:
    """Return the ratings, the requirement groups and the outlooks of other populations that sources give for a role.

    :param labels_of: returns the labels of things by IRI
    """
    stated = groups.of_roles(ask, [role]).get(role, ())
    return _ratings(ask, role), groups.named(stated, labels_of), outlooks.of_other_populations(ask, role, labels_of)


def _ratings(ask: Ask, role: str) -> tuple[Rating, ...]:
    """Return the ratings of a role's items, the most important first."""
    rows = ask(query("ratings-of-role").bind({"role": role}))
    ratings = [
        Rating(row["item"].value, row["source"].value, row["importance"].value, row["mastery"].value if "mastery" in row else "")
        for row in rows
    ]
    return tuple(sorted(ratings, key=lambda rating: (-float(rating.importance), rating.item, rating.source)))
