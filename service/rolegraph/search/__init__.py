"""Search: finds things by label, in every kind and language and as people type them, in one index per revision.

:class:`Search` follows the newest revision, :class:`Pinned` reads one revision, and :class:`Past` an older one without an index.
"""

from rolegraph.search.finding import MOST, Finder, Past, source_graph
from rolegraph.search.following import Pinned, RevisionMoved, Search
from rolegraph.search.hits import HEADER, Hit
from rolegraph.search.matching import MATCHES

__all__ = ["HEADER", "MATCHES", "MOST", "Finder", "Hit", "Past", "Pinned", "RevisionMoved", "Search", "source_graph"]
