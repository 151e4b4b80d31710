"""Field and level of roles, where classifications state them: a path keeps near both."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from rolegraph import terms
from rolegraph.analysis.facts import Numbers
from rolegraph.analysis.index import Index
from rolegraph.catalogue import Rows
from rolegraph.queries.internal import query

Flags = NDArray[np.bool_]
ISCO = f"{terms.prefixes()['isco']}C"
ONET = terms.prefixes()["onet"]
SKILL_LEVELS = {"1": 4, "2": 4, "3": 3, "4": 2, "5": 2, "6": 2, "7": 2, "8": 2, "9": 1}
"""The skill level of each major group of ISCO-08; managers have 3 or 4, the armed forces several."""


class Standing:
    """The field and the level of each role, by row; 0 where unknown. They are compared within ISCO-08 or within O*NET-SOC only.

    :param zones: the job zones of O*NET's occupations, by IRI
    """

    def __init__(self, index: Index, zones: Mapping[str, int]) -> None:
        self.fields, self.levels = (np.zeros(len(index.facts.roles), dtype=np.int32) for _ in range(2))
        for row, place in enumerate(index.facts.roles.tolist()):
            iri = index.facts.names[place]
            if iri.startswith(ONET) and iri[len(ONET) : len(ONET) + 2].isdecimal():
                self.fields[row], self.levels[row] = -int(iri[len(ONET) : len(ONET) + 2]), -zones.get(iri, 0)
            elif code := _isco(index, place):
                self.fields[row], self.levels[row] = int(code[:2]), SKILL_LEVELS.get(code[0], 0)

    def rising(self, row: int, others: Numbers, target: int) -> Flags:
        """Return which of some roles (rows) a path may reach from a role: on its way up it does not fall, nor rise on its way down.

        :param target: where the path leads
        """
        levels = self.levels
        way = int(levels[target]) - int(levels[row])
        if not levels[row] or not levels[target]:
            return np.ones(len(others), dtype=bool)
        risen = levels[others] - levels[row]
        rising: Flags = (levels[others] == 0) | ((risen * np.sign(way) >= 0) & (np.abs(risen) <= abs(way)))
        return rising

    def between(self, origin: int, target: int) -> Flags:
        """Return which roles are in the field of one of two roles and not below or above both; unknown figures exclude nothing."""
        allowed = np.ones(len(self.fields), dtype=bool)
        for figures, is_range in ((self.fields, False), (self.levels, True)):
            ends = figures[[origin, target]]
            if ends.all():
                inside = (figures >= ends.min()) & (figures <= ends.max()) if is_range else np.isin(figures, ends)
                allowed &= inside | (figures == 0)
        return allowed


def zones(engine: Rows) -> dict[str, int]:
    """Return the levels of preparation of roles, by IRI."""
    rows = engine.rows(query("preparation-of-roles").bind())
    return {row["role"].value: int(row["level"].value) for row in rows if row["level"].value.isdecimal()}


def _isco(index: Index, place: int) -> str:
    """Return the code of the group of ISCO-08 above a role; empty if there is none."""
    above, _ = index.items.above.of(index.items.item_of[[place]])
    names = sorted((steps, index.facts.names[int(index.items.places[item])]) for _, item, steps in above.tolist())
    codes = (name.removeprefix(ISCO) for _, name in names if name.startswith(ISCO))
    return next((code for code in codes if len(code) > 1 and code.isdecimal()), "")
