"""The schemas of what comparisons and analyses of roles answer: what the ``as_dict`` of each value writes."""

from rolegraph import nearness
from rolegraph.analysis.held import STATUSES
from rolegraph.web.http.json_schema import (
    COUNT,
    IRI,
    NAMED,
    NUMBER,
    NUMBER_OR_NULL,
    TEXT,
    TEXT_OR_NULL,
    TRUTH,
    array,
    closed,
    one_of,
    or_null,
    ref,
)

COMPARISON = {
    "Comparison": closed(
        "Roles side by side, section by section",
        {
            "roles": array(ref("Named")),
            "sources": array(ref("Source")),
            "near": one_of(nearness.MODES, "Which near items it has"),
            "matches": array(ref("RoleMatch")),
            "notComparable": array(ref("RolesApart")),
            "groups": array(ref("RequirementGroup")),
            "sections": array(ref("ComparedSection")),
        },
    ),
    "RolesApart": closed("Two roles that cannot be compared item by item", {"roles": array(IRI, 2, 2), "reason": TEXT}),
    "ComparedSection": closed(
        "A section of a comparison; of the roles in notStated nothing is said in it",
        {"name": ref("Section"), "label": TEXT, "notStated": array(IRI), "items": array(ref("ComparedItem"))},
    ),
    "ComparedItem": closed(
        "An item, and what is claimed of it; same holds its IRIs where it has several",
        {
            "id": IRI,
            "curie": TEXT,
            "label": TEXT,
            "same?": array(IRI),
            "sharedBy": one_of(["all", "some", "one"], "How many of the roles have it"),
            "closeness": or_null(
                one_of(
                    ("same", "near", "different"),
                    "Whether several roles have it, another has a near one, or neither; null where that cannot be told",
                )
            ),
            "near?": array(ref("NearItem")),
            "broader": array(ref("Named")),
            "claims": array(ref("ComparedClaim")),
        },
    ),
    "NearItem": closed(
        "An item near to another one, which roles have that lack the other: reason says why, worth how near it is, sources who states it, "
        "and confidence how likely a proposed match is",
        {
            **NAMED,
            "section": ref("Section"),
            "roles": array(IRI),
            "relation": one_of(nearness.REASONS),
            "reason": TEXT,
            "worth": NUMBER,
            "sources": array(IRI),
            "confidence?": NUMBER,
            "justification?": TEXT,
        },
    ),
    "RoleMatch": closed(
        "That sources match two of the roles, by a property of SKOS",
        {"from": IRI, "to": IRI, "relation": TEXT, "sources": array(ref("Named"))},
    ),
    "ComparedClaim": closed(
        "That sources say of a role that it has an item; names are the IRIs by which they name the item; groups are the requirement groups "
        "that it is a member of by their IRIs: a source without one asks for the item itself",
        {
            "role": IRI,
            "facet": TEXT,
            "names?": array(IRI),
            "sources": array(IRI),
            "proficiency": array(ref("Proficiency")),
            "groups?": array(IRI),
        },
    ),
    "RequirementGroup": closed(
        "Members of which a source asks a role for so many at least, or which it names as examples; an open group accepts others too",
        {
            "id": IRI,
            "kind": one_of(["alternatives", "examples", "open"], "How the source means it: exampleOf is there for examples"),
            "role": IRI,
            "facet": TEXT,
            "atLeast": COUNT,
            "open": TRUTH,
            "members": array(ref("Named")),
            "exampleOf?": ref("Named"),
            "source": IRI,
        },
    ),
    "Proficiency": closed("How well somebody in a role should master an item", {"label": TEXT, "source": IRI}),
}

SIMILARITY = {
    "Similarity": closed(
        "The roles most like a role; source is the one that they were chosen from",
        {"role": ref("Named"), "source": or_null(ref("Named")), "similar": array(ref("Similar")), "notComparable?": TEXT},
    ),
    "Similar": closed(
        "A role like another one: score is from 0 to 1, the sum of the contributions and of rest, which the unlisted items add",
        {
            **NAMED,
            "essentials": ref("Essentials"),
            "score": NUMBER_OR_NULL,
            "contributions": array(ref("Contribution")),
            "rest": NUMBER,
            "unlisted": COUNT,
            "notComparable?": TEXT,
        },
    ),
    "Contribution": closed(
        "What an item adds to the likeness of two roles, and how each has it",
        {**NAMED, "contribution": NUMBER, "role": ref("Holding"), "other": ref("Holding")},
    ),
    "Holding": closed("How a role has an item: by facets, or via narrower items", {"facets": array(TEXT), "via": array(ref("Named"))}),
}

GAPS = {
    "Gap": closed(
        "What of the needs of a role is there: share is by weight; notComparable says why no figure can be given",
        {
            "from?": ref("Named"),
            "to": ref("Named"),
            "essentials": ref("Essentials"),
            "share": NUMBER_OR_NULL,
            "fit?": NUMBER,
            "notComparable?": TEXT,
            "needs": array(ref("Need")),
        },
    ),
    "Essentials": closed(
        "How many of the essential needs are covered, and how many nearly; null where roles cannot be compared",
        {"covered": {"type": ["integer", "null"]}, "near": {"type": ["integer", "null"]}, "of": COUNT},
    ),
    "Need": closed(
        "An item that a role needs; of one that is nearly covered, relation says what the item that is there (via) is to it",
        {
            **NAMED,
            "status": one_of(STATUSES, "Whether it is there"),
            "essential": TRUTH,
            "facets": array(TEXT),
            "weight": NUMBER,
            "worth": NUMBER_OR_NULL,
            "relation": TEXT_OR_NULL,
            "via": or_null(ref("Named")),
            "through": or_null(ref("Named")),
            "confidence?": NUMBER,
        },
    ),
    "Fit": closed("The roles that a profile fits, the best first", {"profile": ref("Profile"), "roles": array(ref("Gap"))}),
    "Profile": closed(
        "What was understood of a profile",
        {
            "kind": TEXT,
            "found": array(ref("ProfileItem")),
            "unused": array(ref("ProfileItem")),
            "ambiguous": array(ref("AmbiguousText")),
            "unknown": array(TEXT),
            "unread": array(TEXT),
        },
    ),
    "ProfileItem": closed("A text of a profile, and the item that it names", {"text": TEXT, **NAMED, "guessed": TRUTH}),
    "AmbiguousText": closed("A text of a profile that may name several items", {"text": TEXT, "candidates": array(ref("Named"))}),
}

ANALYSES = {
    "Paths": closed(
        "The cheapest routes from role to role, and the direct step, however large; noPath says why there is no route",
        {
            "from": ref("Named"),
            "to": ref("Named"),
            "smallestShare": NUMBER,
            "mostSteps": COUNT,
            "direct": or_null(ref("Step")),
            "notComparable?": TEXT,
            "noPath?": TEXT,
            "routes": array(ref("PathRoute")),
        },
    ),
    "PathRoute": closed("A route, the steps of which cost as much together", {"cost": NUMBER, "steps": array(ref("Step"))}),
    "Step": closed(
        "A step to a role: share is what is there of what it needs, by weight",
        {
            "from": ref("Named"),
            "to": ref("Named"),
            "essentials": ref("Essentials"),
            "share": NUMBER,
            "cost": NUMBER,
            "learnt": array(ref("Learnt")),
        },
    ),
    "Learnt": closed("An item to learn", {**NAMED, "cost": NUMBER, "essential": TRUTH}),
    "Openings": closed(
        "The items that open most further roles, to be learnt in this order; open are the roles that are so already",
        {
            "from": ref("Named"),
            "threshold": NUMBER,
            "withoutEssentialSkills": COUNT,
            "essentialSkillsStated": TRUTH,
            "notComparable?": TEXT,
            "sources": array(ref("Named")),
            "open": array(ref("Named")),
            "learn": array(ref("Opening")),
        },
    ),
    "Opening": closed("An item, and the roles that it opens", {**NAMED, "opens": array(ref("Named"))}),
    "Distinction": closed(
        "Items by which any two roles differ, but for the pairs of sameItems; smallest tells that no fewer do",
        {
            "roles": array(ref("Named")),
            "items": array(ref("Discriminator")),
            "sameItems": array(array(IRI, 2, 2)),
            "smallest": TRUTH,
            "notComparable": array(ref("RolesApart")),
        },
    ),
    "Discriminator": closed("An item, and those of the roles that have it", {**NAMED, "roles": array(IRI)}),
    "Agreement": closed(
        "What several sources say of a role, what one says alone, and what cannot all hold",
        {
            "role": ref("Named"),
            "matches": array(ref("Match")),
            "sources": array(ref("Named")),
            "shared": array(ref("SupportedItem")),
            "alone": array(ref("SupportedItem")),
            "near": array(ref("NearPair")),
            "contradictions": array(ref("Contradiction")),
            "notComparable": array(ref("SourcesApart")),
        },
    ),
    "NearPair": closed(
        "Two items of different sources, one near to the other",
        {
            "item": ref("SupportedItem"),
            "near": ref("SupportedItem"),
            "relation": one_of(nearness.REASONS),
            "reason": TEXT,
            "confidence?": NUMBER,
        },
    ),
    "SourcesApart": closed("Two sources that cannot be compared item by item", {"sources": array(IRI, 2, 2), "reason": TEXT}),
    "Match": closed("A role that is taken for the same", {**NAMED, "match": TEXT}),
    "SupportedItem": closed("An item of a section, and who claims it", {"section": ref("Section"), **NAMED, "claims": array(ref("Claim"))}),
    "Claim": closed("That a source says of a role that it has an item", {"role": IRI, "facet": TEXT, "source": IRI}),
    "Contradiction": closed(
        "Claims that cannot all hold",
        {"kind": one_of(["necessity", "lowest degree"], "What they disagree on"), "items": array(ref("SupportedItem"))},
    ),
}

ROLES = COMPARISON | SIMILARITY | GAPS | ANALYSES
