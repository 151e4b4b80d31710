"""Search: labels of every kind and language, found as people type them, in an index that is kept by revision.

:class:`Search` follows the newest revision of a graph, :class:`Pinned` is of one revision, :class:`Past` of an older one that has no index.
"""

from rolegraph.search.finding import MOST, Finder, Past
from rolegraph.search.following import Pinned, RevisionMoved, Search
from rolegraph.search.hits import HEADER, Hit
from rolegraph.search.matching import MATCHES

__all__ = ["HEADER", "MATCHES", "MOST", "Finder", "Hit", "Past", "Pinned", "RevisionMoved", "Search"]
