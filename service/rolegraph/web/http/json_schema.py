"""How the schemas of parameters and bodies are written (JSON Schema 2020-12, as OpenAPI 3.1 has it)."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

Schema: TypeAlias = Mapping[str, Any]

TEXT: Schema = {"type": "string"}
IRI: Schema = {"type": "string", "format": "iri"}
FILE: Schema = {"type": "string", "format": "binary"}
NUMBER: Schema = {"type": "number"}
TEXT_OR_NULL: Schema = {"type": ["string", "null"]}
NUMBER_OR_NULL: Schema = {"type": ["number", "null"]}
COUNT: Schema = {"type": "integer", "minimum": 0}
TRUTH: Schema = {"type": "boolean"}

NAMED: Mapping[str, Schema] = {"id": IRI, "curie": TEXT, "label": TEXT, "definition?": TEXT}
"""The members of whatever has a name."""


def ref(name: str) -> Schema:
    """Return a reference to a named schema."""
    return {"$ref": f"#/components/schemas/{name}"}


def closed(description: str, members: Mapping[str, Schema]) -> Schema:
    """Return the schema of an object that has these members and no others.

    A name that ends in a question mark is that of a member that is not always there.
    """
    return {**extensible(description, members), "additionalProperties": False}


def extensible(description: str, members: Mapping[str, Schema]) -> Schema:
    """Return the schema of an object that may have more members than these; see :func:`closed`."""
    properties = {name.removesuffix("?"): schema for name, schema in members.items()}
    required = [name for name in members if not name.endswith("?")]
    return {"type": "object", "description": description, "properties": properties, **({"required": required} if required else {})}


def array(items: Schema, minimum: int | None = None, maximum: int | None = None) -> Schema:
    """Return the schema of an array, which holds a number of items."""
    bounds = {"minItems": minimum, "maxItems": maximum}
    return {"type": "array", "items": items, **{name: number for name, number in bounds.items() if number is not None}}


def integer(minimum: int, maximum: int | None = None, default: int | None = None) -> Schema:
    """Return the schema of a whole number, from one number to another, with what holds without it."""
    bounds = {"minimum": minimum, "maximum": maximum, "default": default}
    return {"type": "integer", **{name: number for name, number in bounds.items() if number is not None}}


def one_of(names: Iterable[str], description: str = "") -> Schema:
    """Return the schema of one of some texts."""
    return {"type": "string", **({"description": description} if description else {}), "enum": list(names)}


def or_null(schema: Schema) -> Schema:
    """Return the schema of a value that may be missing."""
    return {"anyOf": [schema, {"type": "null"}]}
