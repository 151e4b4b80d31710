"""Requests of the SPARQL 1.1 Protocol: a query or an update, and its dataset."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import request
from werkzeug.datastructures import MultiDict

from rolegraph import terms
from rolegraph.errors import BadParameter, UnreadableInput, UnsupportedFormat
from rolegraph.values import Dataset
from rolegraph.web.http.context import body
from rolegraph.web.http.operations import FORM, MULTIPART

FORMS = (FORM, MULTIPART)


@dataclass(frozen=True)
class Kind:
    """One of the two operations of the protocol: its form field, media type, dataset parameters and path."""

    field: str
    media: str
    default: str
    named: str
    path: str


QUERY = Kind("query", "application/sparql-query", "default-graph-uri", "named-graph-uri", "/sparql")
UPDATE = Kind("update", "application/sparql-update", "using-graph-uri", "using-named-graph-uri", "/update")
KINDS = (QUERY, UPDATE)


@dataclass(frozen=True)
class Operation:
    """A query or an update, and its dataset; None is the dataset that the text names."""

    text: str
    dataset: Dataset | None


def operation(kind: Kind) -> Operation | None:
    """Return the operation of the current request, or None if it has none.

    :raises BadParameter: for more than one operation, one of the other kind, or a graph that is not an IRI
    :raises UnsupportedFormat: for a body of another media type
    :raises UnreadableInput: for a body that is not UTF-8
    """
    fields: MultiDict[str, str] = request.args
    texts: Sequence[str] = ()
    if request.method == "POST" and request.mimetype in FORMS:
        fields = request.form
        _check_utf8()
    elif request.method == "POST":
        texts = [_decoded(kind)]
    elif kind is UPDATE:
        fields = MultiDict()  # the protocol allows no update in the query string
    for other in KINDS:
        if other is not kind and (other.field in fields or other.field in request.args):
            raise BadParameter(other.field, f"this path takes no {other.field}", expected=f"{other.path} for it")
    texts = texts or fields.getlist(kind.field)
    if len(texts) > 1:
        raise BadParameter(kind.field, f"this request holds more than one {kind.field}: {len(texts)}", expected="one")
    if not texts:
        return None
    return Operation(texts[0], _dataset(kind, request.args if request.mimetype == kind.media else fields))


def _dataset(kind: Kind, fields: "MultiDict[str, str]") -> Dataset | None:
    default, named = fields.getlist(kind.default), fields.getlist(kind.named)
    for name, iris in ((kind.default, default), (kind.named, named)):
        for iri in iris:
            if not terms.is_iri(iri):
                raise BadParameter(name, f"{iri!r} is not an absolute IRI", expected="the IRI of a graph")
    return Dataset(tuple(default), tuple(named)) if default or named else None


def _decoded(kind: Kind) -> str:
    if request.mimetype != kind.media:
        accepted = f"{kind.media}, {FORM}"
        stated = request.mimetype or "no stated type"
        raise UnsupportedFormat(f"{_a(kind)} of type {stated} is not accepted here", expected=accepted)
    charset = request.mimetype_params.get("charset", "utf-8").lower()
    if charset not in ("utf-8", "utf8", "us-ascii"):
        raise UnsupportedFormat(f"{_a(kind)} in {charset} is not accepted here", expected=f"{kind.media} in UTF-8")
    try:
        return body().decode()
    except UnicodeDecodeError as error:
        raise UnreadableInput(f"the {kind.field} is not UTF-8: byte {error.start + 1} cannot be read", expected="text in UTF-8") from error


def _check_utf8() -> None:
    charset = request.mimetype_params.get("charset", "utf-8").lower()
    if charset not in ("utf-8", "utf8", "us-ascii"):
        raise UnsupportedFormat(f"a form in {charset} is not accepted here", expected=f"{FORM} in UTF-8")


def _a(kind: Kind) -> str:
    return "an update" if kind is UPDATE else "a query"
