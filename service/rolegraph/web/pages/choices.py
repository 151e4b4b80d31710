"""Candidates for an ambiguous or unknown name: things with definitions, and the address of the same request for each."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import Flask, request

from rolegraph import terms
from rolegraph.errors import BadParameter
from rolegraph.queries import pieces
from rolegraph.values import Named
from rolegraph.web.http import negotiation
from rolegraph.web.http.context import graph
from rolegraph.web.pages import filters


@dataclass(frozen=True)
class Choice:
    """A candidate, and the address of its link."""

    thing: Named
    address: str


def install(app: Flask) -> None:
    """Add these functions to the templates."""
    app.jinja_env.globals.update(choices=choices, suggested=suggested)


def suggested(curies: Sequence[str]) -> list[Named]:
    """Return the things that an error suggests, by CURIE; none if it suggests anything else."""
    iris = [iri for text in curies if (iri := terms.expand(text))]
    if not iris or len(iris) < len(curies):
        return []
    filters.prefetch_kinds(iris)
    return list(graph().catalogue.labels(iris).values())


def choices(error: BadParameter) -> list[Choice]:
    """Return the candidates for the wrong value of a parameter, each with a link to the same page with that candidate."""
    candidates = suggested(error.members.get("suggestions", ()))
    return [
        Choice(thing, _repeated(error, thing.iri) if request.method == "GET" and error.value else filters.href(thing.iri))
        for thing in candidates
    ]


def _repeated(error: BadParameter, iri: str) -> str:
    """Return the address of the current request with a thing in place of the wrong value."""
    name, chosen = error.members["parameter"], filters.handle(iri)
    query = [(key, _replaced(value, error.value, chosen) if key == name else value) for key, value in negotiation.known_parameters()]
    return f"{request.script_root}{request.path}?{urlencode(query, safe=':/,')}"


def _replaced(value: str, wrong: str, chosen: str) -> str:
    if value.strip() == wrong:
        return chosen
    names = pieces(value)
    return ",".join(chosen if name == wrong else name for name in names) if wrong in names else value
