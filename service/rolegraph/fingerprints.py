"""Fingerprints of items: whoever holds a source can check a statement against it without anybody keeping its words."""

import hashlib
import unicodedata


def of(text: str) -> str:
    """Return the fingerprint of an item's text.

    SHA-256, in hex, of the text after Unicode NFKC, with each run of white space folded to one blank, trimmed and case-folded.
    """
    folded = " ".join(unicodedata.normalize("NFKC", text).split()).casefold()
    return hashlib.sha256(folded.encode()).hexdigest()
