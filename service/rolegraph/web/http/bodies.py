"""Documents in requests: the body itself, or a file or text field of a form."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from flask import request

from rolegraph import formats
from rolegraph.errors import BadParameter, UnsupportedFormat
from rolegraph.formats import Format
from rolegraph.web.http.context import body
from rolegraph.web.http.json_schema import FILE, TEXT, Schema, extensible, one_of
from rolegraph.web.http.operations import FORM, MULTIPART

FORMS = (FORM, MULTIPART)


@dataclass(frozen=True)
class Document:
    """The bytes of a document, and its format."""

    content: bytes
    format: Format


def document(field: str, accepted: Sequence[Format], guess: Callable[[str], Format]) -> Document:
    """Return the document of the current request.

    A form has it in the field ``file`` or in a text field; its field ``format`` may name the format.

    :param field: name of the text field
    :param accepted: the accepted formats
    :param guess: returns the format of a text without a named format
    :raises UnsupportedFormat: for a format that is not accepted, or unknown
    :raises BadParameter: for a form without a document
    """
    if request.mimetype not in FORMS:
        content = body()
        return Document(content, formats.of_media(request.content_type or "", accepted))
    chosen = request.form.get("format", "")
    named = formats.named(chosen, accepted) if chosen else None
    file = request.files.get("file")
    if file and file.filename:
        return Document(file.read(), named or formats.of_extension(file.filename, accepted) or _of_file(file.mimetype, accepted))
    text = request.form.get(field, "")
    if not text.strip():
        expected = f"a text in the field {field}, or a file in the field file"
        raise BadParameter(field, f"the form has neither a text in {field} nor a file", expected=expected)
    return Document(text.encode(), named or guess(text))


def schemas(field: str, accepted: Sequence[Format], more: Mapping[str, Schema]) -> dict[str, Schema]:
    """Return the schema of each body that :func:`document` reads, by media type.

    :param more: the other fields that a form may have
    """
    fields = {f"{field}?": TEXT, "format?": one_of(dict.fromkeys(format_.name for format_ in accepted)), **more}
    forms = {FORM: extensible("A text", fields), MULTIPART: extensible("A file or a text", {"file?": FILE, **fields})}
    return {**{format_.media: FILE for format_ in accepted}, **forms}


def _of_file(media: str, accepted: Sequence[Format]) -> Format:
    """Return the format of an uploaded file by its media type, used if the extension of its name is unknown."""
    try:
        return formats.of_media(media, accepted)
    except UnsupportedFormat as error:
        extensions = ", ".join(f".{format_.extension}" for format_ in accepted)
        raise UnsupportedFormat("the name of the file does not show its format", expected=f"a name that ends in {extensions}") from error
