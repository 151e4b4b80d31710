"""Where no figure can be given: nothing is stated, or in vocabularies that hardly any match links. A zero would be false there."""

import numpy as np

from rolegraph import equivalence
from rolegraph.analysis import weights
from rolegraph.analysis.facts import Numbers
from rolegraph.analysis.index import Index

NEEDLESS = "no source states a skill, tool, degree, field of study or certification that the role needs"
UNSTATED = "no source states a skill, tool, degree, field of study or certification of the role that somebody comes from"


def hindrance(index: Index, origin: int, target: int) -> str:
    """Return why nothing can be said of what somebody who comes from a role has of the needs of another one; empty where something can."""
    needs = index.stated(target, weights.LEARNT)
    if not needs:
        return NEEDLESS
    own = index.stated(origin, weights.LEARNT)
    if not own:
        return UNSTATED
    return equivalence.APART if index.roles_apart([origin, target]) or index.apart({"had": own, "needed": needs}) else ""


def unlike(index: Index, row: int, others: Numbers) -> str:
    """Return why a role cannot be compared with any of others, taken together; empty where it can."""
    others = others[others != row]
    own = np.zeros(index.direct.shape[1])
    own[index.items_of(row)] = 1.0
    if (index.direct @ own)[others].any():
        return ""  # an item is shared
    stated = {place for other in others.tolist() for place in index.stated(other)}
    return equivalence.APART if index.apart({"role": index.stated(row), "others": stated}) else ""
