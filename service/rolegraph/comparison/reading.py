"""Reads what sources state about roles, once for each role of a revision."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from sys import intern
from typing import NamedTuple

from rolegraph import dependencies, terms
from rolegraph.catalogue.groups import StatedGroup
from rolegraph.catalogue.parts import RoleParts
from rolegraph.engine import Engine
from rolegraph.per_revision import CachedValue
from rolegraph.queries.internal import Binding, query

MOST = 20_000  # roles of which the facts are kept; beyond that, all are forgotten and read again

Proficiencies = Mapping[tuple[str, str], Collection[tuple[str, str]]]
"""Pairs of the label of a proficiency and its source, by the IRI of an item and the name of a section."""


class Fact(NamedTuple):
    """The items (IRIs) that one source states for a role by one property."""

    role: str
    property: str
    source: str
    items: Sequence[str]


class Stated(NamedTuple):
    """All that sources state about one role, as far as roles are compared."""

    facts: Sequence[Fact]
    proficiencies: Proficiencies
    groups: Sequence[StatedGroup] = ()


class RoleReader:
    """Reads what the sources of one revision state about roles.

    :param engine: reads that revision
    :param parts: the parts of its roles
    """

    def __init__(self, engine: Engine, parts: RoleParts) -> None:
        self._engine = engine
        self._parts = parts
        self._stated: dict[str, Stated] = {}
        self._labels = CachedValue[dict[str, str]]()

    def stated(self, roles: Sequence[str]) -> list[Stated]:
        """Return what is stated about each of some roles, given by IRI."""
        dependencies.note(roles)
        dependencies.note(_on_parts(roles))
        stated = {role: self._stated.get(role) for role in roles}
        if missing := [role for role, kept in stated.items() if kept is None]:
            with dependencies.noted(()):
                facts, proficiencies, groups = self._facts(missing), self._proficiencies(missing), self._parts.groups(missing)
            if len(self._stated) > MOST:
                self._stated.clear()
            for role in missing:
                stated[role] = self._stated[role] = Stated(facts[role], proficiencies.get(role, {}), groups.get(role, ()))
        return [kept for kept in stated.values() if kept is not None]

    def proficiencies(self, role: str) -> Proficiencies:
        """Return the proficiencies of the items of one role."""
        kept = self._stated.get(role)
        with dependencies.noted(_on_parts([role])):
            return self._proficiencies([role]).get(role, {}) if kept is None else kept.proficiencies

    def _facts(self, roles: Sequence[str]) -> dict[str, list[Fact]]:
        """Return the facts of roles. Items come many to a row: a row for each would take most of the time."""
        values: dict[str, Binding] = {"role": roles, "facet": [facet.property for facet in terms.facets()]}
        rows = self._engine.rows(query("comparison-facts").bind(values))
        if not all("items" in row for row in rows):
            rows = self._engine.rows(query("comparison-facts").bind(values, without_blank_nodes=True))
        facts: dict[str, list[Fact]] = {role: [] for role in roles}
        for row in rows:
            if items := row["items"].value.split():
                # many roles have the same items: one text for all of them takes a tenth of the memory
                role, facet, source = (row[name].value for name in ("role", "facet", "source"))
                facts[role].append(Fact(role, intern(facet), intern(source), tuple(map(intern, items))))
        return facts

    def _proficiencies(self, roles: Sequence[str]) -> dict[str, dict[tuple[str, str], set[tuple[str, str]]]]:
        """Return the proficiencies of the items of roles, by role: as the canned query ``proficiency`` does, but in few rows."""
        rows = self._engine.rows(query("proficiencies-of-roles").bind({"role": roles}))
        proficiencies: dict[str, dict[tuple[str, str], set[tuple[str, str]]]] = {}
        for row in rows:
            source = intern(row["source"].value)
            by_item = proficiencies.setdefault(row["role"].value, {})
            for section, item, proficiency in _triples(row["words"].value.split()):
                if label := self._labels.get(self._read_labels).get(proficiency):
                    by_item.setdefault((intern(item), terms.slug_of(section)), set()).add((label, source))
        return proficiencies

    def _read_labels(self) -> dict[str, str]:
        """Return one label of each level of proficiency, chosen as canned queries do: in English, else of its regions, else any."""
        labels: dict[str, tuple[int, str, str]] = {}
        for row in self._engine.rows(query("labels-of-proficiencies").bind()):
            proficiency, language, text = row["proficiency"].value, row["label"].language or "", row["label"].value
            ranked = 2 if language == "en" else int(language.startswith("en-")), language, text
            labels[proficiency] = max(labels.get(proficiency, ranked), ranked)
        return {proficiency: text for proficiency, (*_, text) in labels.items()}


def _on_parts(roles: Iterable[str]) -> set[str]:
    """Return what proficiencies and groups of roles depend on: statements, claims and groups of these, and what describes the levels."""
    levels = {dependencies.linked(terms.RDF_TYPE, type_) for type_ in terms.KINDS["proficiency"].types}
    naming = (f"{terms.RG}role", terms.RDF_SUBJECT)
    return levels | {dependencies.linked(property_, role) for role in roles for property_ in naming}


def _triples(words: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    """Yield words three by three."""
    return zip(words[::3], words[1::3], words[2::3], strict=True)
