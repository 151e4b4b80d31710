"""The weights of the analyses. docs/analysis.md gives the reasons for these figures, and how they were chosen."""

from rolegraph import nearness, terms

FACETS = {
    "essentialSkill": 1.0,
    "optionalSkill": 0.5,
    "toolInDemand": 0.7,
    "tool": 0.5,
    "focus": 0.6,
    "responsibility": 1.0,
    "requiredDegree": 0.3,
    "degree": 0.25,
    "fieldOfStudy": 0.4,
    "certification": 0.4,
    "preferredDegree": 0.2,
    "industry": 0.2,
    "application": 0.2,
    "level": 0.1,
    "tip": 0.1,
}
"""The weight of an item in a role, by the facet that names it; of several facets, the highest weight counts."""

NAMES = tuple(FACETS)
PROPERTIES = tuple(terms.RG + name for name in NAMES)

LEARNT = (
    *("essentialSkill", "optionalSkill", "toolInDemand", "tool"),
    *("requiredDegree", "degree", "preferredDegree", "fieldOfStudy", "certification"),
)
"""The facets of items that a person has or can learn; gaps, paths and openings use these."""

SKILLS = ("essentialSkill", "optionalSkill", "toolInDemand", "tool")
"""The facets of skills: a text that names a skill and something else is read as the skill."""

ESSENTIAL = ("essentialSkill", "requiredDegree")
"""The facets of essential items."""

RATED = 5.0
"""The highest importance that a rating gives; a rated item weighs its importance divided by this."""

DECAY = 0.6
"""The factor by which the weight of a broader concept decreases with each step."""

STEPS = 3
"""The number of steps to broader concepts that count."""

NEAR = nearness.WORTH
"""The worth of a held item for a needed one, by the relation of the held item to the needed one."""

SAME_NAME = NEAR[nearness.SAME_NAME]
"""The worth of a held item for a needed one that another source calls the same, as a close match."""

SIBLINGS = 20
"""Tools are siblings under a concept with at most this many narrower ones. Under a larger group or a heading, and for skills, one does not
cover another: pharmacology is not epidemiology."""

TOOLS = ("tool", "toolInDemand")
"""The facets of tools."""

STEP = 0.2
"""A step of a path leads to a role of whose needs, by weight, the role before covers at least this share, or directly to the target."""

LIKE = 15
"""A step of a path leads to one of so many roles that are most similar to the one before."""

MOST_STEPS = 4
"""The most steps of a path."""

EXACT = 1 - 1e-9
"""The factor for a limit that sums are compared with, since a sum that is equal may come out slightly smaller."""

OPEN = 0.6
"""A role is open to a person who has at least this share of its essential skills, by number."""
