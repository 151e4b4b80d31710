"""What OpenAPI tells of the answers of an operation: which statuses there are, with what headers, and what each carries."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rolegraph.formats import Format

ETAG = {"description": "The tag of what is answered, for If-None-Match, and of what is stored, for If-Match", "schema": {"type": "string"}}
REVISION = {"description": "The revision that the write made", "schema": {"type": "integer"}}
RETRY = {"description": "Seconds after which it may be tried again", "schema": {"type": "integer"}}
CONDITIONS = tuple(
    {"name": name, "in": "header", "required": False, "description": description, "schema": {"type": "string"}}
    for name, description in (
        ("If-Match", "write only what still has one of these tags; * for what there is"),
        ("If-None-Match", "write only what has none of these tags; * for what there is not yet"),
    )
)
READING = ("400", "404", "406", "503")
RECEIVING = ("400", "406", "408", "413", "415", "503")
WRITING = ("400", "401", "403", "408", "412", "413", "503")
ASKING = ("429",)  # where a worker answers
_LATER = ("429", "503")


def components() -> dict[str, Any]:
    """Return the answers that operations refer to."""
    problem = {
        "description": "What was wrong, where, and what is accepted",
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}, "text/html": {}},
    }
    return {"Problem": problem, "Later": {**problem, "headers": {"Retry-After": RETRY}}}


def found(gives: Iterable[Format], errors: Sequence[str]) -> dict[str, Any]:
    """Return the answers of an operation that reads."""
    answer = {"description": "The answer", "headers": {"ETag": ETAG}, "content": content(gives)}
    return {"200": answer, "304": {"description": "What the client has is still so"}, **problems(errors)}


def reported(gives: Iterable[Format], errors: Sequence[str]) -> dict[str, Any]:
    """Return the answers of an operation that looks at a body, and keeps nothing of it."""
    return {"200": {"description": "The answer", "content": content(gives)}, **problems(errors)}


def written(successes: Mapping[str, str], gives: Iterable[Format], errors: Sequence[str]) -> dict[str, Any]:
    """Return the answers of an operation that writes, by status and what it says."""
    headers, carried = {"Rolegraph-Revision": REVISION, "ETag": ETAG}, content(gives)
    made = {
        status: {"description": description, "headers": headers, **({"content": carried} if carried else {})}
        for status, description in successes.items()
    }
    return {**made, **problems(errors)}


def problems(errors: Iterable[str]) -> dict[str, Any]:
    """Return the answers that are problems, any other among them."""
    named = {status: {"$ref": f"#/components/responses/{'Later' if status in _LATER else 'Problem'}"} for status in sorted(set(errors))}
    return {**named, "default": {"$ref": "#/components/responses/Problem"}}


def content(gives: Iterable[Format]) -> dict[str, Any]:
    """Return what an answer carries, by media type."""
    return {format_.media: {} for format_ in gives}
