"""Measures how many answers stay valid after a write of one role, on a store with ESCO and O*NET, and what checking that takes.

    python bench/staying.py --store FOLDER [--answers 100] [--writes 6]

The application is called in this process, without a server. The written role links to other skills each time.
"""

import argparse
import random
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import machine
from following import SLUG, entry
from werkzeug.test import Client

from rolegraph.facade import Rolegraph
from rolegraph.terms import shorten
from rolegraph.tokens import Tokens
from rolegraph.web import create_app


def main() -> None:
    parser = argparse.ArgumentParser(description="How many answers stay valid after a write of one role.")
    parser.add_argument("--store", type=Path, required=True, help="a store that ESCO and O*NET were imported into; it is written to")
    parser.add_argument("--answers", type=int, default=100, help="how many answers of each kind (default: 100)")
    parser.add_argument("--writes", type=int, default=6, help="how many writes (default: 6)")
    options = parser.parse_args()
    print("\n".join(f"{name:10}{text}" for name, text in machine.about().items()))
    graph = Rolegraph.open(options.store)
    client, token = Client(create_app(graph).wsgi_app), Tokens(options.store / "tokens.sqlite").create("admin").text
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "text/turtle"}
    kinds = _kinds(graph, options.answers)
    _put(client, headers, 0)
    print(f"{'after a write of one role, of each kind of answer':52}{'answers':>9}{'stay valid':>12}{'ms each, valid':>16}{'computed':>10}")
    for kind, paths in kinds.items():
        shares, valid, computed = [], list[float](), list[float]()
        for path in paths:
            _get(client, path)
        for number in range(1, options.writes + 1):
            before = [_get(client, path) for path in paths]
            _put(client, headers, number)
            stayed = 0
            for path, (tag, _) in zip(paths, before, strict=True):
                now, took = _get(client, path)
                stayed += now == tag
                (valid if now == tag else computed).append(took)
            shares.append(stayed / len(paths))
        times = "".join(f"{1000 * median(of):{width}.2f}" if of else f"{'-':>{width}}" for of, width in ((valid, 16), (computed, 10)))
        print(f"{kind:52}{len(paths):9}{100 * sum(shares) / len(shares):10.1f} %{times}", flush=True)
    client.delete(f"/sources/{SLUG}", headers=headers)
    graph.close()


def _kinds(graph: Rolegraph, answers: int) -> dict[str, Sequence[str]]:
    chance = random.Random(1)
    roles, skills = ([shorten(iri) for _, iri in graph.catalogue.lists.of(kind)] for kind in ("role", "skill"))
    pairs = [chance.sample(roles, 2) for _ in range(answers)]
    return {
        "comparison of two roles, JSON": [f"/compare.json?role={left}&role={right}" for left, right in pairs],
        "comparison of two roles, page": [f"/compare?role={left}&role={right}" for left, right in pairs],
        "role, JSON": [f"/thing.json?iri={role}" for role in chance.sample(roles, answers)],
        "role, page": [f"/thing?iri={role}" for role in chance.sample(roles, answers)],
        "skill, page": [f"/thing?iri={skill}" for skill in chance.sample(skills, answers)],
        "list of roles, one of its pages": [f"/role.json?page={page}&limit=20" for page in range(1, answers + 1)],
        "list of skills, one of its pages": [f"/skill.json?page={page}&limit=20" for page in range(1, answers + 1)],
    }


def _put(client: Client, headers: dict[str, str], number: int) -> None:
    answer = client.put(f"/sources/{SLUG}", data=entry(number, "Bench Engineer"), headers=headers)
    if answer.status_code not in (200, 201, 204):
        raise SystemExit(answer.get_data(as_text=True))


def _get(client: Client, path: str) -> tuple[str, float]:
    """Return the tag of an answer, following redirects, and the seconds that it took."""
    start = time.perf_counter()
    answer = client.get(path, follow_redirects=True)
    took = time.perf_counter() - start
    if answer.status_code != 200:
        raise SystemExit(answer.get_data(as_text=True))
    return answer.headers["ETag"], took


if __name__ == "__main__":
    main()
