"""Makes a large graph in the shape of Rolegraph's model, the same one for the same seed: Turtle, one document per source.

    python bench/graphs.py FOLDER        # writes the documents into a folder
"""

import argparse
import hashlib
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rolegraph.terms import BASE, prefixes

PREFIXES = ("proficiency", "rg", "role", "section", "skill", "skos")
LEVELS = ("expertise", "proficiency", "experience", "knowledge", "familiarity")


@dataclass(frozen=True)
class Size:
    """How large the graph is: each source names ``essential`` and ``optional`` skills of every role.

    All sources choose a role's skills from the same ``pool``, so they agree in part.
    """

    roles: int = 3_000
    skills: int = 14_000
    groups: int = 400
    sources: int = 3
    essential: int = 9
    optional: int = 5
    pool: int = 28
    seed: int = 20


@dataclass(frozen=True)
class Document:
    """One source: the IRI of its named graph, and its Turtle."""

    graph: str
    turtle: bytes


def documents(size: Size) -> Iterator[Document]:
    """Yield the vocabulary, then the sources, each of which describes every role."""
    yield Document(f"{BASE}source/synthetic-vocabulary", _turtle(_vocabulary(size)))
    rng = random.Random(size.seed)
    pools = [rng.sample(range(size.skills), size.pool) for _ in range(size.roles)]
    for number in range(1, size.sources + 1):
        source = f"{BASE}source/synthetic-{number}"
        yield Document(source, _turtle(_source(source, size, rng, pools)))


def roles(size: Size) -> list[str]:
    """Return the IRIs of the roles."""
    return [f"{BASE}role/{_slug('role', number)}" for number in range(size.roles)]


def _turtle(blocks: Iterator[str]) -> bytes:
    head = "".join(f"PREFIX {prefix}: <{prefixes()[prefix]}>\n" for prefix in PREFIXES)
    return (head + "".join(blocks)).encode()


def _slug(kind: str, number: int) -> str:
    return f"synthetic-{kind}-{number}"


def _vocabulary(size: Size) -> Iterator[str]:
    for number in range(size.groups):
        yield _concept("skill", "rg:Skill", "group", number)
    for number in range(size.skills):
        yield _concept("skill", "rg:Skill", "skill", number, f"skill:{_slug('group', number % size.groups)}")
    for number in range(size.roles):
        yield _concept("role", "rg:Role", "role", number)


def _concept(kind: str, type_: str, word: str, number: int, broader: str = "") -> str:
    name = f"{word.capitalize()} {number:05} of the synthetic graph"
    above = f"skos:broader {broader} ; " if broader else ""
    return (
        f'{kind}:{_slug(word, number)} a skos:Concept , {type_} ; {above}skos:inScheme <{BASE}{kind}> ; skos:prefLabel "{name}"@en ; '
        f'skos:altLabel "{word[0].upper()}{number:05}"@en ; skos:definition "{name}, which stands for nothing in the world."@en .\n'
    )


def _source(source: str, size: Size, rng: random.Random, pools: list[list[int]]) -> Iterator[str]:
    yield f"<{source}> a rg:Source .\n"
    for number, pool in enumerate(pools):
        chosen = [f"skill:{_slug('skill', skill)}" for skill in rng.sample(pool, size.essential + size.optional)]
        yield _role(source, _slug("role", number), chosen[: size.essential], chosen[size.essential :], rng.choice(LEVELS))


def _role(source: str, slug: str, essential: list[str], optional: list[str], level: str) -> str:
    """Return what one source says of one role: the links, and the statement that supports them."""
    iri = f"{source}#{slug}-skills-1"
    fingerprint = hashlib.sha256(iri.encode()).hexdigest()
    return (
        f"role:{slug} rg:essentialSkill {' , '.join(essential)} ; rg:optionalSkill {' , '.join(optional)} .\n"
        f"<{iri}> a rg:Statement ; rg:role role:{slug} ; rg:section section:skills ; rg:position 1 ; "
        f'rg:proficiency proficiency:{level} ; rg:asserts {" , ".join(essential + optional)} ; rg:fingerprint "{fingerprint}" .\n'
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="Write a large graph in the shape of Rolegraph's model.")
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    for document in documents(Size()):
        path = folder / f"{document.graph.rpartition('/')[2]}.ttl"
        path.write_bytes(document.turtle)
        print(path)


if __name__ == "__main__":
    main()
