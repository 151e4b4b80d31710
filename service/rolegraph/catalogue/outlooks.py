"""What sources say of the outlook of other populations where they speak of a role."""

import re
from collections.abc import Callable, Iterable, Mapping

from rolegraph import terms
from rolegraph.catalogue.labels import Ask
from rolegraph.queries.internal import query
from rolegraph.values import Named, Outlook, Value

_THINGS = ("measure", "direction", "comparedWith", "unit", "judgement", "region", "authority")
_NUMBERS = ("value", "periodStart", "periodEnd")
_NUMBER = re.compile(r"[+-]?[0-9]{1,30}(\.[0-9]{1,30})?")


def of_other_populations(ask: Ask, role: str, labels_of: Callable[[Iterable[str]], Mapping[str, str]]) -> tuple[Outlook, ...]:
    """Return the outlooks that sources give for other populations than a role where they speak of it, by source and IRI.

    :param labels_of: returns the labels of things by IRI
    """
    stated: dict[tuple[str, str], dict[str, list[Value]]] = {}
    for row in ask(query("other-outlooks-of-role").bind({"role": role})):
        details = stated.setdefault((row["source"].value, row["outlook"].value), {})
        for property_, value in ((terms.RDF_SUBJECT, row["subject"]), (row["property"].value, row["value"])):
            if value not in (values := details.setdefault(property_, [])):
                values.append(value)
    if not stated:
        return ()
    things = {value.value for details in stated.values() for values in details.values() for value in values if value.kind == "iri"}
    labels = labels_of({*things, *(iri for _, iri in stated)})
    return tuple(_outlook(source, iri, stated[source, iri], labels) for source, iri in sorted(stated))


def _outlook(source: str, iri: str, details: Mapping[str, list[Value]], labels: Mapping[str, str]) -> Outlook:
    def things(property_: str) -> list[Named]:
        return [Named(value.value, labels[value.value]) for value in sorted(details.get(property_, ())) if value.kind == "iri"]

    named = {name: first[0] for name in _THINGS if (first := things(terms.RG + name))}
    figures = {name: min(values).value for name in _NUMBERS if (values := details.get(terms.RG + name))}
    numbers = {name: number for name, text in figures.items() if (number := _number(text)) is not None}
    return Outlook(iri, labels[iri], source, tuple(things(terms.RDF_SUBJECT)), {**named, **numbers})


def _number(text: str) -> int | float | None:
    """Return the number that a text is, None for any other text, which only a graph that was written without checks can have."""
    if not _NUMBER.fullmatch(text):
        return None
    return float(text) if "." in text else int(text)
