"""Generates a large graph in the shape of Rolegraph's model, the same for the same seed: Turtle, one document per source.

    python bench/graphs.py FOLDER        # writes the documents into a folder
"""

import argparse
import hashlib
import random
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rolegraph.terms import BASE, prefixes

PREFIXES = ("proficiency", "rg", "role", "section", "skill", "skos")
LEVELS = ("expertise", "proficiency", "experience", "knowledge", "familiarity")


@dataclass(frozen=True)
class Size:
    """The size of the graph: each source names ``essential`` and ``optional`` skills of every role.

    All sources choose the skills of a role from the same ``pool``, so they agree in part. Things have labels in all ``languages``.
    """

    roles: int = 3_000
    skills: int = 14_000
    groups: int = 400
    sources: int = 3
    essential: int = 9
    optional: int = 5
    pool: int = 28
    seed: int = 20
    languages: tuple[str, ...] = ("en",)


@dataclass(frozen=True)
class Document:
    """A source: the IRI of its named graph, and its Turtle."""

    graph: str
    turtle: bytes


def documents(size: Size) -> Iterator[Document]:
    """Yield the vocabulary, then the sources, each of which describes every role."""
    for graph, pieces in streams(size):
        yield Document(graph, "".join(pieces).encode())


def write(size: Size, folder: Path) -> list[tuple[str, Path]]:
    """Write the documents into a folder, piece by piece, and return the IRI of each graph with its file."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for graph, pieces in streams(size):
        path = folder / f"{graph.rpartition('/')[2]}.ttl"
        with path.open("w", encoding="utf-8") as file:
            file.writelines(pieces)
        written.append((graph, path))
    return written


def streams(size: Size) -> Iterator[tuple[str, Iterator[str]]]:
    """Yield the IRI of each graph with the pieces of its Turtle, which must be read before the next graph is requested."""
    yield f"{BASE}source/synthetic-vocabulary", _turtle(_vocabulary(size))
    rng = random.Random(size.seed)
    # a tenth of the memory that lists take
    pools = [array("I", rng.sample(range(size.skills), size.pool)) for _ in range(size.roles)]
    for number in range(1, size.sources + 1):
        source = f"{BASE}source/synthetic-{number}"
        yield source, _turtle(_source(source, size, rng, pools))


def small(source: str, number: int) -> bytes:
    """Return the Turtle of a source that states four skills of one role."""
    skills = [f"skill:{_slug('skill', 4 * number + step)}" for step in range(4)]
    blocks = (f"<{source}> a rg:Source .\n", _role(source, _slug("role", number), skills[:2], skills[2:], LEVELS[0]))
    return "".join(_turtle(iter(blocks))).encode()


def roles(size: Size) -> list[str]:
    """Return the IRIs of the roles."""
    return [f"{BASE}role/{_slug('role', number)}" for number in range(size.roles)]


def _turtle(blocks: Iterator[str]) -> Iterator[str]:
    yield from (f"PREFIX {prefix}: <{prefixes()[prefix]}>\n" for prefix in PREFIXES)
    yield from blocks


def _slug(kind: str, number: int) -> str:
    return f"synthetic-{kind}-{number}"


def _vocabulary(size: Size) -> Iterator[str]:
    for number in range(size.groups):
        yield _concept("skill", "rg:Skill", "group", number, size.languages)
    for number in range(size.skills):
        yield _concept("skill", "rg:Skill", "skill", number, size.languages, broader=f"skill:{_slug('group', number % size.groups)}")
    for number in range(size.roles):
        yield _concept("role", "rg:Role", "role", number, size.languages)


def _concept(kind: str, type_: str, word: str, number: int, languages: Sequence[str], *, broader: str = "") -> str:
    name = f"{word.capitalize()} {number:05} of the synthetic graph"
    above = f"skos:broader {broader} ; " if broader else ""
    words = " ; ".join(
        f'skos:prefLabel "{name}"@{language} ; skos:altLabel "{word[0].upper()}{number:05}"@{language} ; '
        f'skos:definition "{name}, which stands for nothing in the world."@{language}'
        for language in languages
    )
    return f"{kind}:{_slug(word, number)} a skos:Concept , {type_} ; {above}skos:inScheme <{BASE}{kind}> ; {words} .\n"


def _source(source: str, size: Size, rng: random.Random, pools: Sequence[Sequence[int]]) -> Iterator[str]:
    yield f"<{source}> a rg:Source .\n"
    for number, pool in enumerate(pools):
        chosen = [f"skill:{_slug('skill', skill)}" for skill in rng.sample(pool, size.essential + size.optional)]
        yield _role(source, _slug("role", number), chosen[: size.essential], chosen[size.essential :], rng.choice(LEVELS))


def _role(source: str, slug: str, essential: list[str], optional: list[str], level: str) -> str:
    """Return the triples of one source about one role: the links, and the statement that supports them."""
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
    for _, path in write(Size(), parser.parse_args().folder):
        print(path)


if __name__ == "__main__":
    main()
