"""Near items: what is not the same item, but covers it in part. Each relation has a reason and a worth.

A relation is that of the near item to the other one: a ``narrower`` item is narrower than the item that it is near to.
"""

SAME_NAME = "same name"
PROPOSED = "proposed"

WORTH = {"same": 1.0, SAME_NAME: 0.9, "close": 0.9, "narrower": 0.8, PROPOSED: 0.7, "broader": 0.5, "sibling": 0.4, "related": 0.3}
"""The worth of a near item, by relation."""

REASONS = {
    "same": "the same concept in another section",
    SAME_NAME: "an equal name in another source",
    "close": "a close match",
    "narrower": "a narrower concept",
    "broader": "a broader concept",
    PROPOSED: "a proposed match, which nobody has reviewed",
    "sibling": "another tool of the same kind",
    "related": "a related concept",
}

MODES = ("off", "reviewed", "proposed")
"""Which near items a comparison has: none; those of equal names, of hierarchies, and of matches that trusted sources state; or also
those of proposed matches."""

REVIEWED = "reviewed"
