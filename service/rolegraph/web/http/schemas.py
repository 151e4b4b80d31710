"""The schemas of all JSON bodies, by name: what the ``as_dict`` of each value, and the routes that add to it, write."""

from rolegraph import errors, terms
from rolegraph.search import MATCHES
from rolegraph.validation.findings import SEVERITIES
from rolegraph.web.http.json_schema import (
    COUNT,
    IRI,
    NAMED,
    NUMBER,
    TEXT,
    TEXT_OR_NULL,
    TRUTH,
    array,
    closed,
    extensible,
    one_of,
    or_null,
    ref,
)
from rolegraph.web.http.role_schemas import ROLES

_PROBLEM = {"type": {"type": "string", "format": "uri-reference"}, "title": TEXT, "status": {"type": "integer"}, "detail": TEXT}

VALUES = {
    "Kind": one_of(terms.KINDS, "What a thing is"),
    "Section": one_of(terms.sections(), "A part of what is said of a role"),
    "Named": closed("A thing by its names", NAMED),
    "Source": closed(
        "Who states something, with the credit line that has to be shown with it",
        {**NAMED, "publisher?": TEXT, "version?": TEXT, "license?": IRI, "creditText?": TEXT},
    ),
    "Member": closed("A thing of a list; sources counts those that speak of it", {**NAMED, "sources": COUNT}),
    "Link": closed(
        "A property of a thing, or one that leads to it: to a thing (id and label) or a text (value); sources say so. Groups are the "
        "requirement groups that the thing is a member of",
        {"property": TEXT, "id?": IRI, "label?": TEXT, "value?": TEXT, "language?": TEXT, "sources": array(IRI), "groups?": array(IRI)},
    ),
    "Rating": closed("What a source measures of an item of a role", {"id": IRI, "importance": NUMBER, "mastery?": NUMBER, "source": IRI}),
    "Outlook": closed(
        "What a source says of the future of the populations that it is about, such as other roles, markets or fields",
        {
            "id": IRI,
            "label": TEXT,
            "about": array(ref("Named")),
            **{f"{name}?": ref("Named") for name in ("measure", "direction", "comparedWith", "unit", "judgement", "region", "authority")},
            **{f"{name}?": NUMBER for name in ("value", "periodStart", "periodEnd")},
            "source": IRI,
        },
    ),
    "Thing": closed(
        "A thing, with what is said of it, and who says so; otherOutlooks are no figures of a role: they are about other populations",
        {
            "id": IRI,
            "curie": TEXT,
            "kind": ref("Kind"),
            "label": TEXT,
            "links": array(ref("Link")),
            "incoming": array(ref("Link")),
            "ratings?": array(ref("Rating")),
            "groups?": array(ref("RequirementGroup")),
            "otherOutlooks?": array(ref("Outlook")),
            "sources": array(ref("Source")),
        },
    ),
    "List": closed(
        "A page of the things of a kind; id is their concept scheme, previous and next lead to other pages",
        {
            "id": IRI,
            "kind": ref("Kind"),
            "label": TEXT,
            "total": COUNT,
            "page": COUNT,
            "pages": COUNT,
            "members": array(ref("Member")),
            "sources?": array(ref("Source")),
            "previous?": TEXT,
            "next?": TEXT,
        },
    ),
}

SEARCH = {
    "Search": closed("The things that a search finds", {"q": TEXT, "hits": array(ref("Hit"))}),
    "Hit": closed(
        "A thing that answers a search, with the label that does; a score of 100 is the best",
        {
            "id": IRI,
            "curie": TEXT,
            "kind": ref("Kind"),
            "label": TEXT,
            "matched": closed("The label that answers", {"label": TEXT, "language": TEXT, "property": TEXT}),
            "match": one_of(MATCHES, "How it answers: " + "; ".join(f"{name}, {meaning}" for name, meaning in MATCHES.items())),
            "score": COUNT,
            "sources": array(IRI),
        },
    ),
    "SuggestionList": closed("What a text that is being typed may become", {"q": TEXT, "suggestions": array(ref("Suggestion"))}),
    "Suggestion": closed(
        "A thing, with the label that answers, and its address here",
        {"id": IRI, "curie": TEXT, "kind": ref("Kind"), "label": TEXT, "matched": TEXT, "address": TEXT},
    ),
}

MATCHES_OF_TEXTS = {
    "Matches": closed(
        "What texts mean, in their order, and what the probabilities were fitted on",
        {"results": array(ref("TextMatch")), "fittedOn": or_null(ref("FittedOn"))},
    ),
    "TextMatch": closed(
        "The candidates of a text, the likeliest first, and whether it can be taken, a person should choose, or nothing is near",
        {"text": TEXT, "decision": one_of(["accept", "review", "none"]), "candidates": array(ref("Candidate")), "remark?": TEXT},
    ),
    "Candidate": closed(
        "A concept that a text may mean, its probability, the label most like the text, the reason, and the score of each member",
        {
            "id": IRI,
            "curie": TEXT,
            "label": TEXT,
            "confidence": {"type": "number", "minimum": 0, "maximum": 1},
            "matchedLabel": TEXT,
            "reason": TEXT,
            "members": {"type": "object", "description": "Scores by member", "additionalProperties": NUMBER},
        },
    ),
    "FittedOn": closed(
        "What the weights of the members were fitted on; confirmed counts rows of the user",
        {"description": TEXT, "rows": COUNT, "members": array(TEXT), "confirmed": COUNT},
    ),
}

_PLACES = ("focus", "path", "value", "shape")
REPORT = {
    "Report": closed(
        "What a check against the shapes found; it conforms where there is no violation",
        {
            "conforms": TRUTH,
            "checked": COUNT,
            "counts": closed("The number of findings of each severity", dict.fromkeys(SEVERITIES, COUNT)),
            "findings": array(ref("Finding")),
        },
    ),
    "Finding": closed(
        "A rule that is not met, and where; short holds the CURIEs of what has one",
        {
            "severity": one_of(SEVERITIES, "How much it matters"),
            "message": TEXT,
            "focus": TEXT,
            "path": TEXT_OR_NULL,
            "value": TEXT_OR_NULL,
            "shape": IRI,
            "component": TEXT,
            "short": closed("CURIEs", {f"{place}?": TEXT for place in _PLACES}),
        },
    ),
}

SERVICE = {
    "QueryList": closed("The canned queries", {"queries": array(ref("Query"))}),
    "Query": closed(
        "A canned query",
        {
            "name": TEXT,
            "number": TEXT,
            "question": TEXT,
            "description": TEXT,
            "tags": array(TEXT),
            "holds": one_of(["table", "graph"], "What its answer is"),
            "parameters": array(ref("QueryParameter")),
        },
    ),
    "QueryParameter": closed(
        "A parameter of a canned query: least to most things of some kinds",
        {"name": TEXT, "description": TEXT, "kinds": array(TEXT), "least": COUNT, "most": COUNT, "example": array(TEXT)},
    ),
    "RevisionList": closed("The revisions that are kept", {"newest": {"type": ["integer", "null"]}, "revisions": array(ref("Revision"))}),
    "Revision": closed("A revision", {"number": COUNT, "published": {"type": "string", "format": "date-time"}}),
    "Health": closed(
        "That the service answers, and how much it holds",
        {"status": one_of(["ok"]), "version": TEXT, "graphs": COUNT, "roles": COUNT, "sources": COUNT},
    ),
    "Liveness": closed("That the process answers", {"status": one_of(["alive"])}),
    "Readiness": closed("Whether the store can be read and written", {"status": one_of(["ready", "not ready"]), "reason?": TEXT}),
    "ProblemType": closed("What a type of problem means", _PROBLEM),
    "Problem": extensible(
        "RFC 9457. Types: " + ", ".join(f"{kind.slug()} ({kind.status})" for kind in errors.every()),
        {
            **_PROBLEM,
            "parameter?": TEXT,
            "expected?": TEXT,
            "suggestions?": array(TEXT),
            "line?": {"type": "integer"},
            "column?": {"type": "integer"},
            "limit?": {"type": ["string", "integer"]},
            "etag?": TEXT,
            "report?": ref("Report"),
            "triple?": TEXT,
            "endpoint_status?": {"type": "integer"},
        },
    ),
    "OpenApi": extensible("A document of OpenAPI 3.1", {"openapi": TEXT}),
}

_TERM = {"type": one_of(["uri", "literal", "bnode", "triple"]), "value": {"description": "A text, or the parts of a triple"}}
SPARQL = {
    "SparqlResults": closed(
        "SPARQL 1.1 Query Results JSON Format: rows, or whether there are any",
        {
            "head": closed("The names of the columns", {"vars?": array(TEXT), "link?": array(TEXT)}),
            "results?": closed("The rows", {"bindings": array(ref("Binding"))}),
            "boolean?": TRUTH,
        },
    ),
    "Binding": {"type": "object", "description": "A row: terms by column", "additionalProperties": ref("Term")},
    "Term": closed("A term", {**_TERM, "xml:lang?": TEXT, "its:dir?": TEXT, "datatype?": IRI}),
}

SCHEMAS = VALUES | ROLES | SEARCH | MATCHES_OF_TEXTS | REPORT | SERVICE | SPARQL
