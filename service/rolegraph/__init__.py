"""Rolegraph: an open knowledge graph of job roles, and the service that answers for it.

``Rolegraph`` is the graph; every error that it raises is a ``RolegraphError``. Both are imported when they are first used.
"""

import logging
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rolegraph.errors import (
        BadParameter,
        ClientGone,
        MemoryLimitReached,
        NotConforming,
        NotFound,
        PreconditionFailed,
        Refused,
        RolegraphError,
        StoreUnusable,
        TimeLimitReached,
        TooLarge,
        UnreadableInput,
        UnsupportedFormat,
    )
    from rolegraph.facade import Rolegraph

__version__ = "0.2.0"
__all__ = [
    "BadParameter",
    "ClientGone",
    "MemoryLimitReached",
    "NotConforming",
    "NotFound",
    "PreconditionFailed",
    "Refused",
    "Rolegraph",
    "RolegraphError",
    "StoreUnusable",
    "TimeLimitReached",
    "TooLarge",
    "UnreadableInput",
    "UnsupportedFormat",
    "__version__",
]

# the log lines of these libraries quote the entry or the profile that they read
for _name in ("rdflib", "pyshacl"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used."""
    if name not in __all__:
        raise AttributeError(f"module 'rolegraph' has no attribute {name!r}")
    value = getattr(import_module("rolegraph.facade" if name == "Rolegraph" else "rolegraph.errors"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
