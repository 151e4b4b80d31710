"""Fingerprints of items: a reader who has a source can check a statement against it, although its text is not stored here."""

import hashlib
import unicodedata


def of(text: str) -> str:
    """Return the fingerprint of the text of an item.

    It is the SHA-256 digest, in hex, of the text after Unicode NFKC, with runs of white space replaced by one space, stripped and
    case-folded.
    """
    folded = " ".join(unicodedata.normalize("NFKC", text).split()).casefold()
    return hashlib.sha256(folded.encode()).hexdigest()
