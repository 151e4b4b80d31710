"""What counts how much, in one place; docs/analysis.md says why, and how these figures were found."""

from rolegraph import terms

FACETS = {
    "essentialSkill": 1.0,
    "optionalSkill": 0.5,
    "toolInDemand": 0.7,
    "tool": 0.5,
    "focus": 0.6,
    "responsibility": 1.0,
    "requiredDegree": 0.3,
    "fieldOfStudy": 0.4,
    "certification": 0.4,
    "preferredDegree": 0.2,
    "industry": 0.2,
    "level": 0.1,
    "tip": 0.1,
}
"""The weight of an item in a role, by the facet that names it; where several do, the heaviest counts."""

NAMES = tuple(FACETS)
PROPERTIES = tuple(terms.RG + name for name in NAMES)

LEARNT = ("essentialSkill", "optionalSkill", "toolInDemand", "tool", "requiredDegree", "preferredDegree", "fieldOfStudy", "certification")
"""The facets of what a person brings along or has to learn: what gaps, paths and openings are about."""

SKILLS = ("essentialSkill", "optionalSkill", "toolInDemand", "tool")
"""The facets of skills: a text that may name a skill or something else that bears the same name is taken for the skill."""

ESSENTIAL = ("essentialSkill", "requiredDegree")
"""The facets of what a role cannot do without."""

RATED = 5.0
"""The highest importance that a rating gives; a rated item weighs its importance divided by this."""

DECAY = 0.6
"""What a concept above an item weighs, for each step up."""

STEPS = 3
"""How many steps up count."""

NEAR = {"close": 0.9, "narrower": 0.8, "broader": 0.5, "sibling": 0.4, "related": 0.3}
"""How near an item comes to another one that is asked for, by what it is to that one."""

SIBLINGS = 20
"""Items are siblings below a skill or a tool that has at most this many below it; a larger one tells little, and a heading nothing."""

STEP = 0.2
"""One step of a path leads to a role of whose needs, by weight, the role before has at least this share; or straight to the target."""

EXACT = 1 - 1e-9
"""What a limit is multiplied by, since sums of weights that are just as large may come out a little smaller."""

OPEN = 0.6
"""A role is open to whoever has at least this share of its essential skills, by number."""
