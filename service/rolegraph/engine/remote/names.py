"""Names of Rolegraph's internal graphs on an endpoint, and the vocabulary of its bookkeeping.

The bookkeeping graph lists the graphs (``PART``), those that are being written or removed (``WRITING``, ``REMOVING``), those with an
incomplete write (``PARTLY``), and the current writer (``WRITER``) with the time when it was last seen and the place where it runs. It also
has the digest of each shipped graph.
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
"""Graphs that come with servers."""
