"""Searches, analyses and lists where a real server cuts its answers early."""

from dataclasses import replace
from pathlib import Path

import pytest

from endpoints import virtuoso
from rolegraph import terms
from rolegraph.engine.remote import RemoteEngine
from rolegraph.errors import StoreUnusable
from rolegraph.facade import Rolegraph

pytestmark = pytest.mark.service


def test_searches_analyses_and_lists_are_the_same_where_answers_are_cut_early(graph: Rolegraph, tmp_path: Path) -> None:
    """Filled at the usual limit of rows, since what is written is read back in larger pieces, and then read at a very low one."""
    with virtuoso(tmp_path, rows=10_000) as endpoint:
        Rolegraph.remote(endpoint)
    with virtuoso(tmp_path, rows=100) as endpoint:
        remote = Rolegraph(RemoteEngine(replace(endpoint, update_url=None, graph_store_url=None), terms.prefixes()))
        remote.engine._remote_graphs.listed = lambda: list(graph.engine.graphs())  # type: ignore[attr-defined]  # more than are given at once
        one, other = (f"{terms.BASE}role/{slug}" for slug in ("ai-architect", "deep-learning-engineer"))
        with pytest.raises(StoreUnusable, match="cuts its answers after 100 rows"):
            remote.engine.rows("SELECT * { ?s ?p ?o }")
        assert [hit.as_dict() for hit in remote.search.find("DL engneer")] == [hit.as_dict() for hit in graph.search.find("DL engneer")]
        assert remote.analysis.similar(one).as_dict() == graph.analysis.similar(one).as_dict()
        assert remote.analysis.gap(one, other).as_dict() == graph.analysis.gap(one, other).as_dict()
        assert remote.catalogue.members("skill") == graph.catalogue.members("skill")
        assert remote.role("Deep learning engineer") == graph.role("Deep learning engineer")
