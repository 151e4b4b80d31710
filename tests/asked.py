"""What an engine was asked, noted below everything that asks it."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from rolegraph.engine.reading import Reader


def graphs_asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that grows by the graph that a query of the service itself names, for each such query of a stored graph."""
    names: list[str] = []
    rows: Callable[..., Any] = Reader.rows

    def noting(reader: Reader, text: str) -> Any:
        names.extend(dict.fromkeys(re.findall(r"GRAPH\s*<([^>]+)>", text)))
        return rows(reader, text)

    monkeypatch.setattr(Reader, "rows", noting)
    return names
