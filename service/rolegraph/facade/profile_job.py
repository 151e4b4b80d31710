"""The job of parsing a posted profile."""

from dataclasses import dataclass, field

from rolegraph.analysis import profiles
from rolegraph.analysis.profiles import Profile
from rolegraph.engine import Engine
from rolegraph.formats import Format


@dataclass(frozen=True)
class Reading:
    """The job of parsing a profile; see :func:`rolegraph.analysis.profiles.read`."""

    body: bytes = field(repr=False)
    format: Format
    name: str = "reading the profile"
    private: bool = True

    def run(self, _: Engine) -> Profile:
        """Parse the profile."""
        return profiles.read(self.body, self.format)
