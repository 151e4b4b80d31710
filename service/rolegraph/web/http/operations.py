"""What a route says of itself for the OpenAPI document: what it reads, what it answers, and who may ask."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from flask import Flask

from rolegraph.formats import Format
from rolegraph.web.http.json_schema import TEXT, Schema, ref

View = TypeVar("View", bound=Callable[..., Any])

FORM, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"
_KEY = "operations"  # where a view function keeps those that it answers
_IMPLIED = {"HEAD", "OPTIONS"}  # methods that Flask adds to each route
_PART = re.compile(r"<(?:[^<>]*:)?(\w+)>")


def schema_of(format_: Format, name: str) -> Schema:
    """Return the schema of an answer in a format: of JSON in a shape of our own, the one of that name."""
    if format_.holds == "document" or (format_.holds == "table" and format_.name == "json"):
        return ref(name)
    return {"description": "JSON-LD 1.1"} if format_.name == "jsonld" else TEXT


@dataclass(frozen=True)
class Parameter:
    """One parameter of a route; one that is required has an ``example``, which names something in the shipped data where that has it."""

    name: str
    description: str
    schema: Schema = field(default_factory=lambda: TEXT)
    required: bool = False
    place: Literal["query", "path", "header"] = "query"
    example: Any = None

    def as_dict(self) -> dict[str, Any]:
        """Return the parameter object of OpenAPI."""
        stated = {"name": self.name, "in": self.place, "required": self.required, "description": self.description}
        example = {} if self.example is None else {"example": self.example}
        return {**stated, "schema": dict(self.schema), **example}


def in_path(name: str, description: str, example: str, schema: Schema = TEXT) -> Parameter:
    """Return a part of a path."""
    return Parameter(name, description, schema, required=True, place="path", example=example)


@dataclass(frozen=True)
class Operation:
    """What a route does, as the decorator of its function. What ``writes`` needs a token, and takes conditions.

    :param gives: the formats of its answer, of which ``schema`` names what the JSON holds
    :param reads: the schema of each body that it takes, by media type
    :param answers: what each status says that is no problem
    :param headers: the headers of these answers by status, beside those that all of the kind have
    :param errors: the statuses of errors that not all of the kind have
    :param pooled: whether a worker may answer, so that a client can exceed its share
    :param revision: whether the response depends on a revision, which a parameter selects
    :param stored: whether the response may be cached, and has an ETag
    :param method: the one method that this is true of; an empty one stands for all
    :param path: the same for the path, as OpenAPI writes it
    """

    summary: str
    gives: Sequence[Format] = ()
    schema: str = ""
    parameters: Sequence[Parameter] = ()
    reads: Mapping[str, Schema] = field(default_factory=dict)
    answers: Mapping[int, str] = field(default_factory=lambda: {200: "The answer"})
    headers: Mapping[int, Sequence[str]] = field(default_factory=dict)
    errors: Sequence[int] = ()
    writes: bool = False
    pooled: bool = False
    revision: bool = True
    stored: bool = True
    method: str = ""
    path: str = ""

    def __call__(self, view: View) -> View:
        """Have a view function state this operation; one with several methods or paths states several."""
        vars(view).setdefault(_KEY, []).append(self)
        return view


@dataclass(frozen=True)
class Route:
    """One path and method of an application, with its operation; ``tag`` is the blueprint that it belongs to."""

    path: str
    method: str
    tag: str
    operation: Operation


def writing(app: Flask) -> frozenset[tuple[str, str]]:
    """Return the endpoints and methods of an application that write."""
    views = app.view_functions.items()
    return frozenset(
        (rule.endpoint, method)
        for endpoint, view in views
        for operation in vars(view).get(_KEY, ())
        if operation.writes
        for rule in app.url_map.iter_rules(endpoint)
        for method in (rule.methods or set()) - _IMPLIED
        if operation.method in ("", method)
    )


def routes(app: Flask) -> Iterator[Route]:
    """Yield the routes of an application in the order in which they were registered, but for its static files.

    :raises LookupError: for one that states no operation
    """
    for rule in app.url_map.iter_rules():
        if rule.endpoint == "static":
            continue
        path = _PART.sub(r"{\1}", rule.rule)
        stated: Sequence[Operation] = vars(app.view_functions[rule.endpoint]).get(_KEY, ())
        for method in sorted((rule.methods or set()) - _IMPLIED):
            fitting = [each for each in stated if each.method in ("", method) and each.path in ("", path)]
            if len(fitting) != 1:
                raise LookupError(f"{method} {path} states {len(fitting)} operations")
            yield Route(path, method.lower(), rule.endpoint.partition(".")[0], fitting[0])
