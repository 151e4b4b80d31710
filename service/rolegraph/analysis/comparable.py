"""Reasons why two roles cannot be compared: nothing is stated, or their vocabularies have hardly any match. A score of 0 would be wrong."""

import numpy as np

from rolegraph import equivalence
from rolegraph.analysis import weights
from rolegraph.analysis.facts import Numbers
from rolegraph.analysis.index import Index

NEEDLESS = "no source states a skill, tool, degree, field of study or certification that the role needs"
UNSTATED = "no source states a skill, tool, degree, field of study or certification of the role to start from"


def hindrance(index: Index, origin: int, target: int) -> str:
    """Return why it cannot be said which needs of ``target`` the role ``origin`` covers; empty if it can.

    :param origin: row of the role to start from
    :param target: row of the role to reach
    """
    needs = index.stated(target, weights.LEARNT)
    if not needs:
        return NEEDLESS
    had = index.stated(origin, weights.LEARNT)
    if not had:
        return UNSTATED
    return equivalence.APART if index.roles_apart([origin, target]) or index.apart({"had": had, "needed": needs}) else ""


def hindrance_to_all(index: Index, row: int, others: Numbers) -> str:
    """Return why a role cannot be compared with a set of other roles taken together; empty if it can.

    :param others: rows of the other roles (int32)
    """
    others = others[others != row]
    held = np.zeros(index.direct.shape[1])
    held[index.items_of(row)] = 1.0
    if (index.direct @ held)[others].any():
        return ""  # an item is shared
    stated = {place for other in others.tolist() for place in index.stated(other)}
    return equivalence.APART if index.apart({"role": index.stated(row), "others": stated}) else ""
