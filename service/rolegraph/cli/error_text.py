"""Errors as text for a terminal."""

from collections.abc import Iterator, Mapping
from typing import Any

from rolegraph.errors import RolegraphError
from rolegraph.validation.findings import Finding, Report

_OPTIONS = {name: f"--{name.replace('_', '-')}" for name in ("update_url", "graph_store_url")} | {"query_url": "--engine"}
LONG = 120  # characters of a list that is told in one line


def lines(error: RolegraphError) -> Iterator[str]:
    """Yield the lines that tell an error, and what is accepted; a report of a check reads as that of ``rolegraph validate``."""
    detail, members = error.detail, dict(error.members)
    if option := _OPTIONS.get(members.get("parameter", "")):
        detail, members["parameter"] = detail.replace(members["parameter"], option), option
    yield f"Error: {detail}"
    for name, value in members.items():
        if name == "report":
            yield from _report(value).text().splitlines()
        else:
            yield from _told(name, value, "  ")


def _told(name: str, value: Any, indent: str) -> Iterator[str]:
    if isinstance(value, Mapping):
        yield f"{indent}{name}:"
        for key, inner in value.items():
            yield from _told(str(key), inner, indent + "  ")
    elif isinstance(value, list | tuple):
        plain = not any(isinstance(one, Mapping | list | tuple) for one in value)
        together = ", ".join(map(str, value)) if plain else ""
        if plain and len(together) <= LONG:
            yield f"{indent}{name}: {together}"
            return
        yield f"{indent}{name}:"
        for number, one in enumerate(value, 1):
            yield from _told(str(number), one, indent + "  ") if not plain else [f"{indent}  {one}"]
    else:
        yield f"{indent}{name}: {value}"


def _report(told: Mapping[str, Any]) -> Report:
    findings = [Finding(**{name: value for name, value in one.items() if name != "short"}) for one in told["findings"]]
    return Report.of(findings, told["checked"])
