"""The graphs that are ours on an endpoint, and what the bookkeeping says in.

The bookkeeping says of itself which graphs there are (``PART``), which are being written or removed (``WRITING``, ``REMOVING``), which
hold only a part of what was last written to them (``PARTLY``), and who may write now (``WRITER``); of each writer since when it was last
seen and where it runs; and of each shipped graph its digest.
"""

import pyoxigraph as ox

from rolegraph.terms import BASE

UNION, BOOK, NOTHING = (f"{BASE}.well-known/{name}" for name in ("union", "graphs", "nothing"))
OWN = (UNION, BOOK, NOTHING)
PART = ox.NamedNode("http://purl.org/dc/terms/hasPart")
DIGEST = ox.NamedNode("http://spdx.org/rdf/terms#checksumValue")
WRITING, REMOVING, PARTLY, WRITER, SEEN, PLACE = (
    ox.NamedNode(f"{BOOK}#{name}") for name in ("writing", "removing", "incomplete", "writer", "seen", "place")
)
SYSTEM = {
    "http://localuriqaserver/sparql",
    "http://www.openlinksw.com/schemas/virtrdf#",
    "http://www.w3.org/2002/07/owl#",
    "http://www.w3.org/ns/ldp#",
    "urn:activitystreams-owl:map",
}
"""Graphs that servers bring with them."""
