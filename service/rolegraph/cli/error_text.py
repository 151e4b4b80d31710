"""Errors as text for a terminal."""

from collections.abc import Iterator, Mapping
from typing import Any

from rolegraph.errors import RolegraphError
from rolegraph.validation.findings import Finding, ValidationReport

_OPTIONS = {name: f"--{name.replace('_', '-')}" for name in ("update_url", "graph_store_url")} | {"query_url": "--engine"}
LONG = 120  # most characters of a list that is printed on one line


def lines(error: RolegraphError) -> Iterator[str]:
    """Yield an error as lines: what was wrong, then its members, such as what is accepted.

    A validation report is printed as ``rolegraph validate`` prints it.
    """
    detail, members = error.detail, dict(error.members)
    if option := _OPTIONS.get(members.get("parameter", "")):
        detail, members["parameter"] = detail.replace(members["parameter"], option), option
    yield f"Error: {detail}"
    for name, value in members.items():
        if name == "report":
            yield from _report(value).text().splitlines()
        else:
            yield from _member(name, value, "  ")


def _member(name: str, value: Any, indent: str) -> Iterator[str]:
    if isinstance(value, Mapping):
        yield f"{indent}{name}:"
        for key, inner in value.items():
            yield from _member(str(key), inner, indent + "  ")
    elif isinstance(value, list | tuple):
        plain = not any(isinstance(element, Mapping | list | tuple) for element in value)
        line = ", ".join(map(str, value)) if plain else ""
        if plain and len(line) <= LONG:
            yield f"{indent}{name}: {line}"
            return
        yield f"{indent}{name}:"
        for number, element in enumerate(value, 1):
            yield from _member(str(number), element, indent + "  ") if not plain else [f"{indent}  {element}"]
    else:
        yield f"{indent}{name}: {value}"


def _report(members: Mapping[str, Any]) -> ValidationReport:
    findings = [Finding(**{name: value for name, value in finding.items() if name != "short"}) for finding in members["findings"]]
    return ValidationReport.from_findings(findings, members["checked"])
