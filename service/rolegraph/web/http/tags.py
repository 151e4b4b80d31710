"""The ETag of a response: what it is a response to, after the revision that last changed it, or the validator of the graph that it is.

A tag names a revision. It is that of the response in every revision from then on, until a write touches what the response depends on
(:mod:`rolegraph.dependencies`); so each process makes and accepts the same tags, whichever revision it was at when it answered.
"""

import re
from dataclasses import dataclass, field

from rolegraph import dependencies
from rolegraph.dependencies import EVERYTHING, Digests, Recording
from rolegraph.engine import Engine

_REVISION = re.compile(r"[0-9]{1,18}")


@dataclass(frozen=True)
class Validity:
    """The revisions in which a response is the same; ``digests`` are those of what it depends on."""

    since: int
    until: int
    digests: Digests

    def followed(self, engine: Engine, revision: int) -> "Validity | None":
        """Return the validity up to a newer revision, None if the response may be another one there."""
        if self.digests is None or revision < self.until or engine.unchanged_since(self.digests, revision) > self.until:
            return None
        return Validity(self.since, revision, self.digests)


@dataclass
class ResponseTag:
    """The ETag of the response to one request.

    :param form: identifies everything in the request that the response depends on
    :param revision: the revision that the response is of, which is the newest one when the request came
    :param validator: that of the graph that the response is; None if the response is of a revision
    :param recording: records what the request reads
    """

    form: str
    engine: Engine
    revision: int
    validator: str | None
    recording: Recording = field(default_factory=Recording)
    _limited: bool = False
    _validity: Validity | None = None

    def limit(self) -> None:
        """State that the response depends on nothing but the request and what is recorded; else it depends on everything."""
        self._limited = True

    def pin(self, revision: int) -> bool:
        """Take the revision that the request is answered from; return False if the response has no tag, since it is another one."""
        if self._limited and self.validator is None:
            self.revision = revision
        return self.revision == revision

    @property
    def validity(self) -> Validity:
        """The revisions in which the response is the same. This is asked for once it is complete."""
        if self._validity is None:
            digests = dependencies.digests(self.recording.dependencies if self._limited else EVERYTHING)
            since = self.revision
            if digests is not None:  # an answer that depends on no graph is the same in all revisions
                since = self.engine.unchanged_since(digests, self.revision) if digests else 0
            self._validity = Validity(since, self.revision, digests)
        return self._validity

    def __str__(self) -> str:
        """Return the tag."""
        return f"{self.validator or self.validity.since}-{self.form}"

    def matches(self, tag: str) -> bool:
        """Return whether a tag that a client has is one of this response."""
        return tag == str(self) if self.validator else stands_for(tag, self.form, self.validity)


def stands_for(tag: str, form: str, validity: Validity) -> bool:
    """Return whether a tag is one of a response: of any revision in which that is the same."""
    number, _, rest = tag.partition("-")
    return rest == form and _REVISION.fullmatch(number) is not None and validity.since <= int(number) <= validity.until
