"""Which concepts texts mean: as data, and on a page where they are confirmed. What is posted is not stored, logged or cached."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, render_template, request

from rolegraph import terms
from rolegraph.errors import BadParameter, TooLarge, UnreadableInput, UnsupportedFormat
from rolegraph.facade import match_tables
from rolegraph.facade.match_tables import MOST_CANDIDATES, MOST_TEXTS, SHOWN, Matches, Wanted
from rolegraph.web.http import connection, negotiation, parameters, private
from rolegraph.web.http.bodies import FORMS
from rolegraph.web.http.context import body, graph
from rolegraph.web.http.json_schema import TEXT, Schema, array, closed, extensible, integer, one_of, or_null, ref
from rolegraph.web.http.negotiation import CSV, DOCUMENT, HTML, TABLES
from rolegraph.web.http.operations import FORM, Operation
from rolegraph.web.pages import filters

if TYPE_CHECKING:
    from rolegraph.matching import TextMatch

routes = Blueprint("matching", __name__)
private.install(routes)

TSV = next(format_ for format_ in TABLES if format_.name == "tsv")
DATA = (DOCUMENT, CSV, TSV)
SSSOM = {TSV: "mapping.sssom.tsv", CSV: "mapping.csv", DOCUMENT: "mapping.json"}
MEMBERS = ("texts", "kind", "source", "language", "limit")
OFFERED_KINDS = ("role", "skill", "tool", "degree", "field", "certification", "industry", "application", "responsibility", "group")
NONE = "none"  # the choice of a row whose text means none of its candidates
SHOWN_ON_PAGE = 3
_LINE = re.compile(r"\r\n|\r|\n")
_WORDS = ((0.95, "almost certain"), (0.8, "very likely"), (0.5, "likely"), (0.2, "possible"), (0.0, "unlikely"))

_LIMIT = integer(1, MOST_CANDIDATES, SHOWN)
_ASKED = {
    "texts": {**array(TEXT, 1, MOST_TEXTS), "description": "Titles, names or phrases as people write them"},
    "kind": ref("Kind"),
    "source?": or_null({**TEXT, "description": "Only what this source describes: its slug, CURIE or IRI"}),
    "language?": or_null({**TEXT, "description": "Of the labels, such as fr; en without it"}),
    "limit?": {**_LIMIT, "description": "Most candidates of a text"},
}
_EXAMPLE = {"texts": ["Senior Deep Learning Engineer (m/f/d)", "AI architect"], "kind": "role", "limit": 2}
_BODY: Schema = {**closed("Texts to match", _ASKED), "examples": [_EXAMPLE]}
_FIELDS = {"kind": one_of(terms.KINDS), "source?": TEXT, "language?": TEXT, "limit?": _LIMIT}
_CHOICES = "Texts in the order of their rows, and for each the chosen concept in row-0, row-1 and so on: its IRI, or none"


@dataclass(frozen=True)
class Asked:
    """The texts of a request, and what they are matched with."""

    texts: tuple[str, ...]
    wanted: Wanted


@routes.route("/match", methods=["GET", "POST"])
@Operation("A form for texts to match", (HTML,), method="GET")
@Operation(
    "Which concepts texts mean, with probabilities and reasons; stores nothing",
    (*DATA, HTML),
    "Matches",
    reads={DOCUMENT.media: _BODY, FORM: extensible("Texts to match, one a line", {"texts": TEXT, **_FIELDS})},
    stored=False,
    method="POST",
)
@private.unlogged
def match() -> Response:
    """Match texts; without any, return the form."""
    if request.method != "POST":
        negotiation.check_parameters(negotiation.choose(HTML))
        return negotiation.respond(_page(), HTML)
    from_form = request.mimetype in FORMS
    format_ = negotiation.choose(*((HTML, *DATA) if from_form else (*DATA, HTML)))
    negotiation.check_parameters(format_)
    try:
        asked = _of_form(_LINE.split(request.form.get("texts", "")), SHOWN_ON_PAGE) if from_form else _of_json()
        matches = _matches(asked)
        if format_ != HTML:
            return _data(matches, format_)
        return negotiation.respond(_page(asked=asked, matches=list(matches), fitted_on=matches.fitted_on), HTML)
    except (UnreadableInput, BadParameter, TooLarge) as error:
        if format_ != HTML:
            raise
        return negotiation.respond(_page(error=error), HTML, error.status)


@routes.post("/match/mapping")
@Operation(
    "The mapping of texts whose concepts a person has chosen; stores nothing",
    DATA,
    "Matches",
    reads={FORM: extensible(_CHOICES, {"text": array(TEXT, 1, MOST_TEXTS), **_FIELDS})},
    stored=False,
)
@private.unlogged
def mapping() -> Response:
    """Return what was chosen on the page as a file."""
    format_ = negotiation.choose(CSV, DOCUMENT, TSV)
    negotiation.check_parameters(format_)
    if request.mimetype not in FORMS:
        raise UnsupportedFormat("choices come from the form of /match", expected=FORM)
    asked = _of_form(request.form.getlist("text"), SHOWN)
    matches = _matches(asked)
    chosen = [_chosen(number, each, request.form.get(f"row-{number}", "")) for number, each in enumerate(matches)]
    response = _data(_Chosen(chosen, matches), format_, confirmed=True)
    response.headers.set("Content-Disposition", "attachment", filename=SSSOM[format_])
    return response


class _Chosen(Matches):
    """Matches that a person has looked through."""

    def __init__(self, chosen: list["TextMatch"], matches: Matches) -> None:
        self._chosen, self.wanted, self.fitted_on = chosen, matches.wanted, matches.fitted_on

    def __iter__(self) -> Iterator["TextMatch"]:
        return iter(self._chosen)


def _chosen(number: int, each: "TextMatch", choice: str) -> "TextMatch":
    """Return a match with what was chosen for it; without a choice it is still to be reviewed."""
    if not choice:
        return replace(each, decision="review" if each.candidates else "none", candidates=())
    if choice == NONE:
        return replace(each, decision="none", candidates=())
    candidates = tuple(candidate for candidate in each.candidates if candidate.iri == choice)
    if not candidates:
        detail = f"{choice[:200]!r} is none of the candidates of row {number + 1}"
        raise BadParameter(f"row-{number}", detail, expected="one of them, or none; the graph may have changed: match again")
    return replace(each, decision="accept", candidates=candidates)


def _data(matches: Matches, format_: Any, *, confirmed: bool = False) -> Response:
    limit = 1 if confirmed else matches.wanted.limit
    pieces = {
        CSV: lambda: match_tables.csv_pieces(matches, limit),
        TSV: lambda: match_tables.sssom_pieces(matches, matches.wanted, "Texts", confirmed=confirmed),
        DOCUMENT: lambda: match_tables.json_pieces(matches),
    }[format_]()
    return negotiation.respond("".join(pieces), format_)


def _matches(asked: Asked) -> Matches:
    if not asked.texts:
        raise BadParameter("texts", "there are no texts", expected=f"1 to {MOST_TEXTS:,} texts")
    if len(asked.texts) > MOST_TEXTS:
        detail = f"there are {len(asked.texts):,} texts"
        raise TooLarge(detail, expected=f"up to {MOST_TEXTS:,} texts a request; the command rolegraph match takes more", limit=MOST_TEXTS)
    return Matches(graph(), asked.texts, asked.wanted, connection.is_cancelled())


def _of_form(texts: list[str], usual: int) -> Asked:
    while texts and not texts[-1].strip():
        texts.pop()
    limit = parameters.number("limit", usual, MOST_CANDIDATES)
    return Asked(tuple(texts), _wanted(parameters.text("kind"), parameters.text("source"), parameters.text("language"), limit))


def _of_json() -> Asked:
    if request.mimetype != DOCUMENT.media:
        raise UnsupportedFormat(f"a body of type {request.mimetype or 'none'} is not supported", expected=f"{DOCUMENT.media}, {FORM}")
    sent = _parsed(body())
    for name in sent:
        if name not in MEMBERS:
            raise BadParameter(name[:100], "there is no such member here", expected=", ".join(MEMBERS))
    texts, limit = sent.get("texts"), sent.get("limit", SHOWN)
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise BadParameter("texts", "texts is missing, or not an array of strings", expected=f"1 to {MOST_TEXTS:,} strings")
    if isinstance(limit, bool) or not isinstance(limit, int):
        raise BadParameter("limit", "limit is not a whole number", expected=f"a whole number from 1 to {MOST_CANDIDATES}")
    for name in ("kind", "source", "language"):
        if not isinstance(sent.get(name) or "", str):
            raise BadParameter(name, f"{name} is not a string", expected="a string")
    return Asked(tuple(texts), _wanted(sent.get("kind") or "", sent.get("source") or "", sent.get("language") or "", limit))


def _parsed(content: bytes) -> dict[str, Any]:
    expected = '{"texts": ["…"], "kind": "role"}'
    try:
        sent = json.loads(content.decode("utf-8-sig"))
        json.dumps(sent, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        raise UnreadableInput(f"the JSON does not parse: {error.msg}", line=error.lineno, column=error.colno, expected=expected) from None
    except UnicodeDecodeError as error:
        raise UnreadableInput(f"the body is not UTF-8: byte {error.start + 1} cannot be read", expected="text in UTF-8") from None
    except UnicodeEncodeError:
        raise UnreadableInput("the JSON holds half of a surrogate pair, which is no character", expected=expected) from None
    except (ValueError, RecursionError):
        raise UnreadableInput("the JSON is nested too deeply, or holds a number that is too long", expected=expected) from None
    if not isinstance(sent, dict):
        raise UnreadableInput("the JSON is not an object", expected=expected)
    return sent


def _wanted(kind: str, source: str, language: str, limit: int) -> Wanted:
    if kind not in terms.KINDS:
        detail = f"there is no kind {kind[:100]!r}" if kind else "kind is missing"
        raise BadParameter("kind", detail, expected=f"one of {', '.join(terms.KINDS)}")
    if not 1 <= limit <= MOST_CANDIDATES:
        accepted = f"a whole number from 1 to {MOST_CANDIDATES}"
        raise BadParameter("limit", f"limit must be {accepted}", expected=accepted)
    return Wanted(kind, source or None, language or None, limit)


def _page(**shown: Any) -> str:
    catalogue = graph().catalogue
    filters.prefetch_kinds({candidate.iri for each in shown.get("matches", ()) for candidate in each.candidates})
    sources = sorted(catalogue.sources(catalogue.source_iris()).values(), key=lambda source: source.label.lower())
    wanted: Wanted | None = shown["asked"].wanted if "asked" in shown else None
    named = wanted.source if wanted else request.values.get("source", "")
    return render_template(
        "match.html",
        sources=sources,
        languages=match_tables.languages(graph()),
        kinds=[terms.KINDS[name] for name in OFFERED_KINDS],
        chosen={
            "kind": wanted.kind if wanted else request.values.get("kind", "role"),
            "source": next((source.slug for source in sources if named in (source.slug, source.iri, terms.shorten(source.iri))), ""),
            "language": (wanted.language if wanted else request.values.get("language")) or "en",
        },
        texts="\n".join(shown["asked"].texts) if wanted else request.form.get("texts", ""),
        credits=[source for source in sources if source.credit and (not named or named in (source.slug, source.iri))],
        words=lambda confidence: next(word for least, word in _WORDS if confidence >= least),
        most=MOST_TEXTS,
        **shown,
    )
