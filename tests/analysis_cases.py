"""Random small graphs for the analyses, and the same analyses in dictionaries and sets, the obvious way."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields

import numpy as np
from hypothesis import strategies as st

from rolegraph.analysis import weights
from rolegraph.analysis.facts import Facts, table
from rolegraph.analysis.index import Index

ROLES, CONCEPTS, SOURCES = 6, 9, 2  # at most, in random graphs; concepts stand after roles, sources after concepts
SKOS = "http://www.w3.org/2004/02/skos/core#"


@st.composite
def graphs(draw: st.DrawFn) -> Facts:
    """Random facts: a few roles, concepts with links in any direction, cycles among them."""
    concepts = st.integers(ROLES, ROLES + CONCEPTS - 1)
    pair = st.tuples(concepts, concepts)
    claim = st.tuples(
        st.integers(0, ROLES - 1),
        st.integers(0, len(weights.NAMES) - 1),
        concepts,
        st.integers(ROLES + CONCEPTS, ROLES + CONCEPTS + SOURCES - 1),
    )
    rated = draw(st.dictionaries(st.tuples(st.integers(0, ROLES - 1), concepts), st.sampled_from([1.0, 2.5, 5.0]), max_size=5))
    names = tuple(f"https://example.org/{place}" for place in range(ROLES + CONCEPTS + SOURCES))
    sizes = {"broader": 12, "exact": 2, "close": 3, "related": 3}
    links = {name: table(draw(st.lists(pair, max_size=most)), 2) for name, most in sizes.items()}
    return Facts(
        names=names,
        labels=tuple(f"thing {place % 6}" for place in range(len(names))),  # three pairs of concepts have equal names
        roles=np.arange(ROLES, dtype=np.int32),
        headings=table([[one] for one in draw(st.sets(concepts, max_size=2))], 1)[:, 0],
        claims=table(draw(st.lists(claim, max_size=40)), 4),
        rated=table(rated, 2),
        importance=np.array([rated[key] for key in sorted(rated)], dtype=np.float64),
        levels=table([], 2),
        places={name: place for place, name in enumerate(names)},
        **links,
    )


class Plain:
    """The same as the index, in dictionaries and sets, the obvious way."""

    def __init__(self, found: Facts) -> None:
        self.roles = found.roles.tolist()
        kinds = {place: {place} for place in range(len(found.names))}
        for one, other in found.exact.tolist():
            if one not in self.roles and other not in self.roles:
                merged = kinds[one] | kinds[other]
                kinds.update((place, merged) for place in merged)
        self.item = {place: min(kind) for place, kind in kinds.items()}
        self.above: dict[int, set[int]] = {}
        for one, other in found.broader.tolist():
            if self.item[one] != self.item[other]:
                self.above.setdefault(self.item[one], set()).add(self.item[other])
        rated: dict[tuple[int, int], float] = {}
        for (role, concept), importance in zip(found.rated.tolist(), found.importance.tolist(), strict=True):
            rated.setdefault((role, self.item[concept]), importance)
        self.had: dict[int, dict[int, float]] = {role: {} for role in self.roles}
        self.learnt: dict[int, dict[int, float]] = {role: {} for role in self.roles}
        self.essential_skills: dict[int, set[int]] = {role: set() for role in self.roles}
        self.degrees: dict[tuple[int, int], set[int]] = {}
        self.tools: set[int] = set()
        self.sources: dict[int, set[int]] = {role: set() for role in self.roles}
        self.naming: dict[tuple[int, str], set[int]] = {}  # the sources that name an item by a label, as something to learn
        for role, facet, concept, source in found.claims.tolist():
            name, item = weights.NAMES[facet], self.item[concept]
            self.sources[role].add(source)
            weight = weights.FACETS[name] * rated.get((role, item), weights.RATED) / weights.RATED
            self.had[role][item] = max(self.had[role].get(item, 0.0), weight)
            if name in weights.LEARNT:
                self.learnt[role][item] = max(self.learnt[role].get(item, 0.0), weight)
                self.naming.setdefault((item, found.labels[concept]), set()).add(source)
            self.tools |= {item} if name in weights.TOOLS else set()
            if name == "essentialSkill":
                self.essential_skills[role].add(item)
            if name == "requiredDegree":
                self.degrees.setdefault((role, source), set()).add(item)
        self.expanded = {role: self._raised(own) for role, own in self.had.items()}
        having = {item: sum(item in own for own in self.expanded.values()) for item in self.item.values()}
        self.idf = {item: math.log(1 + len(self.roles) / count) if count else 0.0 for item, count in having.items()}

    def alike(self, one: int, other: int) -> bool:
        """Whether two items have an equal name in different sources."""
        pairs = [(own, self.naming.get((other, label))) for (item, label), own in self.naming.items() if item == one]
        return any(theirs and not own & theirs for own, theirs in pairs)

    def ancestors(self, item: int) -> dict[int, int]:
        found: dict[int, int] = {}
        border = {item}
        for step in range(1, weights.STEPS + 1):
            border = {above for one in border for above in self.above.get(one, ())} - {item}
            for one in border:
                found.setdefault(one, step)
        return found

    def _raised(self, own: Mapping[int, float]) -> dict[int, float]:
        found = dict(own)
        for item, weight in own.items():
            for above, step in self.ancestors(item).items():
                found[above] = max(found.get(above, 0.0), weight * weights.DECAY**step)
        return found

    def cosine(self, one: int, other: int) -> float:
        vectors = [{item: weight * self.idf[item] for item, weight in self.expanded[role].items()} for role in (one, other)]
        lengths = [math.sqrt(sum(value * value for value in vector.values())) for vector in vectors]
        if not all(lengths):
            return 0.0
        return sum(value * vectors[1].get(item, 0.0) for item, value in vectors[0].items()) / lengths[0] / lengths[1]

    def met(self, role: int, had: Collection[int]) -> set[int]:
        """What of a role's needs is there: of the degrees that one source requires, one is as good as all."""
        chosen = [own for (one, _), own in self.degrees.items() if one == role and own & set(had)]
        return set(self.learnt[role]) & set().union(had, *chosen)

    def needs(self, role: int) -> dict[int, float]:
        return {item: weight * self.idf[item] for item, weight in self.learnt[role].items()}


def plain_items(index: Index, plain: Plain, items: Sequence[int]) -> set[int]:
    """Name items of the index as the plain ones are named."""
    return {plain.item[index.items.places[item]] for item in items}


def same(one: Facts, other: Facts) -> bool:
    return all(np.array_equal(getattr(one, field.name), getattr(other, field.name)) for field in fields(Facts) if field.name != "places")


def assert_same_index(followed: Index, fresh: Index) -> None:
    """Check that two indexes hold the same numbers, to the last digit."""
    assert len(followed.items) == len(fresh.items)
    for name in ("item_of", "places", "levels", "headings"):
        assert np.array_equal(getattr(followed.items, name), getattr(fresh.items, name)), name
    for name in ("direct", "expanded", "vectors", "needs", "needed", "essential", "essential_skills"):
        for array in ("indptr", "indices", "data"):
            assert np.array_equal(getattr(getattr(followed, name), array), getattr(getattr(fresh, name), array)), (name, array)
    for name in ("idf", "document_frequency", "totals", "skills", "rows"):
        assert np.array_equal(getattr(followed, name), getattr(fresh, name)), name
