"""Validation of entries against the shapes; nothing is stored."""


from flask import Blueprint, Response, render_template, request

from rolegraph import terms
from rolegraph.engine import WriteMode
from rolegraph.errors import BadParameter, UnreadableInput
from rolegraph.formats import Format
from rolegraph.output import to_json
from rolegraph.validation.findings import SEVERITIES, ValidationReport
from rolegraph.web.http import bodies, connection, negotiation
from rolegraph.web.http.bodies import Document
from rolegraph.web.http.context import graph
from rolegraph.web.http.json_schema import one_of
from rolegraph.web.http.negotiation import DOCUMENT, GRAPHS, HTML, TEXT, TURTLE
from rolegraph.web.http.operations import Operation, Parameter

routes = Blueprint("validation", __name__)

OFFERED = (DOCUMENT, TURTLE, TEXT, HTML)
_MODES: dict[str, WriteMode] = {"PUT": "replace", "POST": "merge"}

_DESTINATION = (
    Parameter("source", "the last part of the IRI of the source that the entry is meant for"),
    Parameter("method", "how it is to be written there", one_of(_MODES)),
)

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
_EXAMPLE = Parameter("example", "an entry to begin with", one_of(EXAMPLES))


@routes.route("/validate", methods=["GET", "POST"])
@Operation("A form to validate an entry with", (HTML,), parameters=(_EXAMPLE,), method="GET")
@Operation(
    "Report on an entry; store nothing",
    OFFERED,
    "Report",
    _DESTINATION,
    bodies.schemas("entry", GRAPHS, {}),
    pooled=True,
    method="POST",
)
def validate() -> Response:
    """Validate an entry; without one, return the form."""
    if request.method != "POST":
        negotiation.check_parameters(negotiation.choose(HTML), "example")
        example = request.args.get("example", "")
        return negotiation.respond(_form(EXAMPLES.get(example, ""), TURTLE), HTML)
    format_ = negotiation.choose(*OFFERED)
    negotiation.check_parameters(format_, "source", "method")
    entry = Document(b"", TURTLE)
    try:
        entry = bodies.document("entry", GRAPHS, lambda _: TURTLE)
        report = graph().validate(entry.content, entry.format, *_destination(), is_cancelled=connection.is_cancelled())
    except (UnreadableInput, BadParameter) as error:
        if format_ != HTML:
            raise
        return negotiation.respond(_form(_text(entry), entry.format, error=error), HTML, error.status)
    return _respond(report, entry, format_)


def _destination() -> tuple[str | None, WriteMode]:
    """Return the source that the entry is meant for, if it is for one, and what of it stays: all but the things in the entry, or nothing.

    :raises BadParameter: for what names no source
    """
    slug, method = request.args.get("source", ""), request.args.get("method", "PUT").upper()
    if slug and not terms.SLUG.fullmatch(slug):
        raise BadParameter("source", f"{slug!r} is no name of a source", expected="its slug, such as our-hr")
    if method not in _MODES:
        raise BadParameter("method", f"{method!r} writes no entry", expected=" or ".join(_MODES))
    return (terms.KINDS["source"].namespace + slug if slug else None), _MODES[method]


def _respond(report: ValidationReport, entry: Document, format_: Format) -> Response:
    if format_ == HTML:
        grouped = [(severity, [finding for finding in report.findings if finding.severity == severity]) for severity in SEVERITIES]
        return negotiation.respond(_form(_text(entry), entry.format, report=report, grouped=grouped), HTML)
    if format_ == TURTLE:
        return negotiation.respond(report.turtle(), format_)
    if format_ == TEXT:
        return negotiation.respond(report.text(), format_)
    return negotiation.respond(to_json(report.as_dict()), format_)


def _text(entry: Document) -> str:
    return entry.content.decode("utf-8", "replace")


def _form(text: str, format_: Format, **shown: object) -> str:
    # browsers send line ends as CR LF; the textarea keeps what was sent
    return render_template("validate.html", text=text.replace("\r\n", "\n"), chosen=format_, offered=GRAPHS, **shown)
