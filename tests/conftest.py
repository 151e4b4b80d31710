"""What many tests share: the graph as shipped, and files that the project does not carry."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rolegraph.registry import Rolegraph

NO_SKIPS = bool(os.environ.get("ROLEGRAPH_NO_SKIPS"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Make a skip a failure where nothing may be skipped."""
    report = yield
    if NO_SKIPS and report.skipped and not hasattr(report, "wasxfail"):  # type: ignore[attr-defined]
        report.outcome = "failed"  # type: ignore[attr-defined]
    return report


@pytest.fixture(scope="session")
def graph() -> Iterator[Rolegraph]:
    """The graph as shipped, in memory."""
    found = Rolegraph.open()
    yield found
    found.close()


@pytest.fixture(scope="session")
def demand() -> Callable[[str, str], Path]:
    """A function that returns the folder that a variable names, or skips and says what would be needed."""

    def find(variable: str, holding: str) -> Path:
        folder = os.environ.get(variable)
        if not folder:
            pytest.skip(f"{variable} is not set: this test needs a folder with {holding}")
        return Path(folder)

    return find
