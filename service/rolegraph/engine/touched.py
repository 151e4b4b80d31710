"""What a write touched, as digests of keys (:mod:`rolegraph.dependencies`): answers that depend on none of these stay valid."""

import base64
import struct
from collections.abc import Iterable
from functools import cached_property

from rolegraph import dependencies

_BYTES = 4  # of a digest


class Touched:
    """The digests of the keys that a write touched, as text for the write log.

    :param text: the digests in Base64
    """

    def __init__(self, text: str) -> None:
        self.text = text

    @classmethod
    def of(cls, keys: Iterable[str]) -> "Touched":
        """Return that of some keys."""
        digests = sorted(set(map(dependencies.digest, keys)))
        return cls(base64.b64encode(struct.pack(f"<{len(digests)}I", *digests)).decode("ascii"))

    def __len__(self) -> int:
        """Return the number of digests."""
        return len(self.text) * 3 // 4 // _BYTES

    def meets(self, digests: frozenset[int]) -> bool:
        """Return whether an answer that depends on keys with these digests may be another one after the write."""
        return not self._digests.isdisjoint(digests)

    @cached_property
    def _digests(self) -> frozenset[int]:
        return frozenset(struct.unpack(f"<{len(self)}I", base64.b64decode(self.text)))
