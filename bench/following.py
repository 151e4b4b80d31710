"""Measures the first request after a small write, on a store with ESCO and O*NET: how long it waits for what the write changed.

    python bench/following.py --store FOLDER [--writes 20] [--only gap.json]

Each request is the first one after a write of its own. The application is called in this process, without a server.
"""

import argparse
import itertools
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import machine
from werkzeug.test import Client

from rolegraph.facade import Rolegraph
from rolegraph.terms import prefixes
from rolegraph.tokens import Tokens
from rolegraph.web import create_app

SLUG = "bench-following"
PREFIXES = ("rg", "role", "skill", "source", "skos", "tool", "dct")
REQUESTS = (
    "/compare.json?role=onet:15-1252.00&role=onet:15-2051.00",
    "/compare?role=onet:15-1252.00&role=onet:15-2051.00",
    "/gap.json?from=onet:15-1252.00&to=onet:15-2051.00",
    "/similar.json?role=onet:15-1252.00",
    "/similar.json?role=bench-engineer",
    "/openings.json?from=onet:15-1252.00",
    "/role",
    "/skill?page=3",
    "/search.json?q=nurse",
    "/role/ai-architect",
    "/thing?iri=onet:15-1252.00",
    "/paths.json?from=onet:15-1252.00&to=onet:15-2051.00",
)


def main() -> None:
    parser = argparse.ArgumentParser(description="How long the first request after a small write takes.")
    parser.add_argument("--store", type=Path, required=True, help="a store that ESCO and O*NET were imported into; it is written to")
    parser.add_argument("--writes", type=int, default=20, help="how many writes before each request (default: 20)")
    parser.add_argument("--only", default="", help="only requests with this text")
    options = parser.parse_args()
    print("\n".join(f"{name:10}{text}" for name, text in machine.about().items()))
    graph = Rolegraph.open(options.store)
    client, token = Client(create_app(graph).wsgi_app), Tokens(options.store / "tokens.sqlite").create("admin").text
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "text/turtle"}
    writes = _writes(client, headers)
    print(f"{'after a write of one role':62}{'p50':>9}{'p95':>9}  ms{'p50':>9}{'p95':>9}  ms of the processor")
    writing: list[tuple[float, float]] = []
    next(writes)()
    _get(client, "/search.json?q=engineer")  # an index of another version is made anew
    for request in REQUESTS:
        if options.only not in request:
            continue
        _get(client, request)
        times = []
        for _ in range(options.writes):
            writing.append(_timed(next(writes)))
            times.append(_timed(lambda path=request: _get(client, path)))  # type: ignore[misc]  # a default binds it
        _show(request, times)
    _show("the write itself", writing)
    client.delete(f"/sources/{SLUG}", headers=headers)
    graph.close()


def _get(client: Client, path: str) -> None:
    """Read an answer; a role that was just deleted may be unknown."""
    answer = client.get(path)
    if answer.status_code not in (200, 400):
        raise SystemExit(answer.get_data(as_text=True))


def _writes(client: Client, headers: dict[str, str]) -> Iterator[Callable[[], None]]:
    """Yield writes of one source without end: it is put three times with other skills, then deleted."""
    for number in itertools.count():

        def write(number: int = number) -> None:
            if number % 4 == 3:
                answer = client.delete(f"/sources/{SLUG}", headers=headers)
            else:
                answer = client.put(f"/sources/{SLUG}", data=entry(number), headers=headers)
            if answer.status_code not in (200, 201, 204):
                raise SystemExit(answer.get_data(as_text=True))

        yield write


def entry(number: int) -> str:
    heading = "".join(f"PREFIX {prefix}: <{prefixes()[prefix]}>\n" for prefix in PREFIXES)
    skills = ("skill:natural-language-processing", "skill:deep-learning", "skill:machine-learning")
    return f"""{heading}
        source:{SLUG} a rg:Source ; dct:title "Our roles"@en .
        role:bench-engineer a rg:Role, skos:Concept ; skos:inScheme <https://w3id.org/rolegraph/role> ;
          skos:prefLabel "Bench Engineer {number}"@en ; skos:definition "Someone who measures how long things take."@en ;
          rg:essentialSkill {skills[number % 3]} , {skills[(number + 1) % 3]} ; rg:tool tool:python ."""


def _timed(function: Callable[[], object]) -> tuple[float, float]:
    start, used = time.perf_counter(), time.process_time()
    function()
    return time.perf_counter() - start, time.process_time() - used


def _show(title: str, times: list[tuple[float, float]]) -> None:
    cells = []
    for kind in zip(*times, strict=True):
        ordered = sorted(kind)
        cells.append(f"{1000 * statistics.median(ordered):9.1f}{1000 * ordered[int(0.95 * (len(ordered) - 1) + 0.5)]:9.1f}")
    print(f"{title:62}{'    '.join(cells)}", flush=True)


if __name__ == "__main__":
    main()
