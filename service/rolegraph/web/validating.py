"""Checks entries against the shapes; stores nothing."""

import json
from dataclasses import dataclass

from flask import Blueprint, Response, render_template, request

from rolegraph import formats, terms
from rolegraph.engine import Keep
from rolegraph.errors import BadParameter, UnreadableInput
from rolegraph.findings import SEVERITIES, Report
from rolegraph.formats import Format
from rolegraph.web import clients, negotiation
from rolegraph.web.negotiation import DOCUMENT, GRAPHS, HTML, TEXT
from rolegraph.web.state import body, graph

routes = Blueprint("validating", __name__)

TURTLE = formats.named("turtle", GRAPHS)
OFFERED = (DOCUMENT, TURTLE, TEXT, HTML)
_KEEP: dict[str, Keep] = {"PUT": "none", "POST": "others"}
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")

VALID = """\
PREFIX industry: <https://w3id.org/rolegraph/industry/>
PREFIX rg: <https://w3id.org/rolegraph/ns#>
PREFIX role: <https://w3id.org/rolegraph/role/>
PREFIX skill: <https://w3id.org/rolegraph/skill/>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
PREFIX tool: <https://w3id.org/rolegraph/tool/>

role:prompt-engineer a rg:Role, skos:Concept ;
    skos:inScheme <https://w3id.org/rolegraph/role> ;
    skos:prefLabel "Prompt Engineer"@en ;
    skos:altLabel "LLM prompt designer"@en ;
    skos:definition "Someone who writes and tests the instructions that steer language models."@en ;
    rg:essentialSkill skill:natural-language-processing ;
    rg:tool tool:python ;
    rg:industry industry:healthcare .
"""
INVALID = (
    VALID.replace('skos:prefLabel "Prompt Engineer"@en', 'skos:prefLabel "Prompt Engineer"')
    .replace("rg:tool tool:python", "rg:tool industry:healthcare")
    .replace("rg:industry industry:healthcare", "rg:industri industry:healthcare")
)
EXAMPLES = {"valid": VALID, "invalid": INVALID}


@dataclass(frozen=True)
class Entry:
    """What a request sends: the bytes and their format."""

    body: bytes
    format: Format


@routes.route("/validate", methods=["GET", "POST"])
def validate() -> Response:
    """Report on an entry; without one, offer a form for it."""
    if request.method != "POST":
        negotiation.choose(HTML)
        example = request.args.get("example", "")
        return negotiation.respond(_form(EXAMPLES.get(example, ""), TURTLE), HTML)
    format_ = negotiation.choose(*OFFERED)
    negotiation.known(format_, "source", "method")
    entry = Entry(b"", TURTLE)
    try:
        entry = received()
        report = graph().validate(entry.body, entry.format, *_destination(), gone=clients.gone())
    except (UnreadableInput, BadParameter) as error:
        if format_ != HTML:
            raise
        return negotiation.respond(_form(_text(entry), entry.format, error=error), HTML, error.status)
    return _respond(report, entry, format_)


def _destination() -> tuple[str | None, Keep]:
    """Return the source that the entry is meant for, if it is for one, and what of it stays: all but the things in the entry, or nothing.

    :raises BadParameter: for what names no source
    """
    slug, method = request.args.get("source", ""), request.args.get("method", "PUT").upper()
    if slug and not terms.SLUG.fullmatch(slug):
        raise BadParameter("source", f"{slug!r} is no name of a source", expected="its slug, such as our-hr")
    if method not in _KEEP:
        raise BadParameter("method", f"{method!r} writes no entry", expected=" or ".join(_KEEP))
    return (terms.KINDS["source"].namespace + slug if slug else None), _KEEP[method]


def _respond(report: Report, entry: Entry, format_: Format) -> Response:
    if format_ == HTML:
        grouped = [(severity, [one for one in report.findings if one.severity == severity]) for severity in SEVERITIES]
        return negotiation.respond(_form(_text(entry), entry.format, report=report, grouped=grouped), HTML)
    if format_ == TURTLE:
        return negotiation.respond(report.turtle(), format_)
    if format_ == TEXT:
        return negotiation.respond(report.text(), format_)
    return negotiation.respond(json.dumps(report.as_dict(), ensure_ascii=False, indent=1) + "\n", format_)


def _text(entry: Entry) -> str:
    return entry.body.decode("utf-8", "replace")


def _form(text: str, format_: Format, **shown: object) -> str:
    # browsers send line ends as CR LF; the textarea keeps what was sent
    return render_template("validate.html", text=text.replace("\r\n", "\n"), chosen=format_, offered=GRAPHS, **shown)


def received() -> Entry:
    """Return the entry of the current request: its body, or the file or the field of a form.

    :raises UnsupportedFormat: for a body in a format that is not read
    :raises BadParameter: for a form without an entry
    """
    if request.mimetype not in FORMS:
        return Entry(body(), formats.of_media(request.content_type or "", GRAPHS))
    asked = request.form.get("format", "")
    chosen = formats.named(asked, GRAPHS) if asked else None
    file = request.files.get("file")
    if file and file.filename:
        found = chosen or formats.of_extension(file.filename, GRAPHS)
        return Entry(file.read(), found or formats.of_media(file.mimetype, GRAPHS))
    text = request.form.get("entry", "")
    if not text.strip():
        raise BadParameter("entry", "the form holds no entry", expected="an entry in the field entry, or a file in the field file")
    return Entry(text.encode(), chosen or TURTLE)
