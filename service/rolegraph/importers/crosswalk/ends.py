"""The two ends of a crosswalk: which occupations of ESCO and which codes of O*NET-SOC there are to lead from and to."""

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
    """What a crosswalk can connect: ``esco`` are labels by IRI, of groups too; ``codes`` are those that are current."""

    esco: Mapping[str, frozenset[str]]
    codes: frozenset[str]


def ends(task: Task, changes: Changes | None) -> Ends:
    """Look what the store has of ESCO and O*NET; where it has no O*NET, the current codes are those that the table of changes leads to.

    :raises Refused: where there is no occupation of ESCO, or nothing that tells which codes are current
    """
    roles = task.known("role")
    esco = {iri: labels for iri, labels in roles.items() if iri.startswith(OCCUPATION)}
    if not esco:
        detail = "a crosswalk leads from the occupations of ESCO, and the store has none"
        raise Refused(detail, expected="the import of ESCO first: rolegraph import esco PATH")
    codes = {iri.removeprefix(ONET) for iri in roles if iri.startswith(ONET)} or set(changes.origins if changes else ())
    if not codes:
        detail = "a crosswalk leads to occupations of O*NET, and nothing says which of their codes are current"
        expected = "the import of O*NET first: rolegraph import onet PATH; or the table of O*NET-SOC 2010 to 2019 beside the crosswalk"
        raise Refused(detail, expected=expected)
    groups = {iri: labels for iri, labels in task.known("group").items() if iri.startswith(GROUP)}
    return Ends({**groups, **esco}, frozenset(codes))
