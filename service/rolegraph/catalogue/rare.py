"""Which things have a rare property, such as a salary, or rare parts: the others need not be asked for these one by one."""

from collections.abc import Callable, Collection, Sequence

from rolegraph import dependencies, terms
from rolegraph.per_revision import CachedValue, LruCache
from rolegraph.queries import internal
from rolegraph.values import Row

PROPERTIES = 8  # for which it is kept
MOST_ROLES = 5_000  # that are kept for a kind of parts; of more, each role is asked for them


class RareProperties:
    """The things that have rare properties, read once for each property.

    :param ask: answers a SELECT query on one revision
    :param kept: whether the revision never changes; otherwise everything may have every property
    """

    def __init__(self, ask: Callable[[str], list[Row]], *, kept: bool) -> None:
        self._ask = ask
        self._kept = kept
        self._having = LruCache[str, frozenset[str]](PROPERTIES)

    def among(self, iris: Sequence[str], property_: str) -> list[str]:
        """Return those of some things that may have a property, given by its IRI."""
        if not self._kept:
            return list(iris)
        with dependencies.noted(iris):  # whether one has it depends on what is said about it
            having = self._having.get(property_, lambda: self._read(property_))
        return [iri for iri in iris if iri in having]

    def _read(self, property_: str) -> frozenset[str]:
        rows = self._ask(internal.query("things-with-property").bind({"property": property_}))
        return frozenset(row["thing"].value for row in rows)


class RolesWithParts:
    """The roles that have parts of some kind in sources, read once: asking each of the others would go through all of its ratings.

    :param ask: answers a SELECT query on one revision
    :param name: the name of the internal query that lists these roles
    :param kept: whether the revision never changes; otherwise every role may have such parts
    :param keys: what the list depends on beside the things that rg:role links to a role
    """

    def __init__(self, ask: Callable[[str], list[Row]], name: str, *, kept: bool, keys: Collection[str] = ()) -> None:
        self._ask = ask
        self._name = name
        self._kept = kept
        self._keys = keys
        self._roles = CachedValue[frozenset[str]]()

    def among(self, roles: Sequence[str]) -> list[str]:
        """Return those of some roles, given by IRI, that may have such parts."""
        if not self._kept:
            return list(roles)
        with dependencies.noted([*self._keys, *(dependencies.linked(f"{terms.RG}role", role) for role in roles)]):
            having = self._roles.get(self._read)
        return [role for role in roles if role in having or len(having) > MOST_ROLES]

    def _read(self) -> frozenset[str]:
        return frozenset(row["role"].value for row in self._ask(internal.query(self._name).bind()))
