"""The two ends of a crosswalk: the ESCO occupations in the store, and the current codes of O*NET-SOC."""

from collections.abc import Mapping
from dataclasses import dataclass

from rolegraph import terms
from rolegraph.errors import Refused
from rolegraph.importers import Task
from rolegraph.importers.crosswalk.changes import ONET, Changes

OCCUPATION = terms.prefixes()["esco-occupation"]
GROUP = terms.prefixes()["isco"]


@dataclass(frozen=True)
class Ends:
    """The things that a crosswalk can connect: ``esco`` maps occupations and groups to labels, ``codes`` are O*NET's current codes."""

    esco: Mapping[str, frozenset[str]]
    codes: frozenset[str]


def ends(task: Task, changes: Changes | None) -> Ends:
    """Look up the occupations of ESCO and O*NET in the store; without O*NET, the current codes are the new codes of the table of changes.

    :raises Refused: if there is no occupation of ESCO, or no way to know the current codes
    """
    roles = task.preferred_labels("role")
    esco = {iri: labels for iri, labels in roles.items() if iri.startswith(OCCUPATION)}
    if not esco:
        detail = "a crosswalk leads from the occupations of ESCO, and the store has none of them"
        raise Refused(detail, expected="the import of ESCO first: rolegraph import esco PATH")
    codes = {iri.removeprefix(ONET) for iri in roles if iri.startswith(ONET)} or set(changes.origins if changes else ())
    if not codes:
        detail = "a crosswalk leads to occupations of O*NET, and the store has none, so the current codes are unknown"
        expected = "the import of O*NET first: rolegraph import onet PATH; or the table of O*NET-SOC 2010 to 2019 beside the crosswalk"
        raise Refused(detail, expected=expected)
    groups = {iri: labels for iri, labels in task.preferred_labels("group").items() if iri.startswith(GROUP)}
    return Ends({**groups, **esco}, frozenset(codes))
