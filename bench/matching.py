"""Measures matching on public and held-out texts beside published figures, and fits its weights; see docs/matching.md.

ROLEGRAPH_TEST_DATA=FOLDER python bench/matching.py --store FOLDER          # a store with ESCO and O*NET in it, a copy of which is used
ROLEGRAPH_TEST_DATA=FOLDER python bench/matching.py --store FOLDER --fit    # write data/matching/weights.json

All figures are by concept: the rank of the first right concept among different concepts.
"""

import argparse
import ast
import csv
import hashlib
import json
import os
import shutil
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from rolegraph.facade import Rolegraph
from rolegraph.matching import MOST_CANDIDATES, encoders, fusion
from rolegraph.matching.concepts import Concept, read
from rolegraph.matching.confirmed import Confirmed
from rolegraph.matching.encoders import Encoder
from rolegraph.matching.fitting import Row, fit
from rolegraph.matching.fusion import Fitted
from rolegraph.matching.index import MatchIndex
from rolegraph.matching.results import FittedOn
from rolegraph.matching.scoring import score
from rolegraph.search.folding import fold

SOURCE = "https://w3id.org/rolegraph/source/"
ESCO, ONET = f"{SOURCE}esco-1-1-1", f"{SOURCE}onet-29-2"
WEIGHTS = Path(__file__).parent.parent / "data" / fusion.WEIGHTS
BLOCK = 64
MOST = 1000  # texts of one set
MOST_FITTED = 1500  # texts of one set that weights are fitted on
CAUTION = 0.5  # that is taken from the log odds: texts from elsewhere are harder than any held-out label
PLAIN = 400  # labels as they are
AROUND = {
    "role": ("Senior {}", "{} (m/f/d)", "{} - London", "Junior {}", "{} II", "{} (remote)", "Lead {}", "{}s", "{}, Berlin", "{} wanted"),
    "skill": ("knowledge of {}", "{} skills", "experience in {}", "strong {}", "ability to {}", "excellent {} skills", "{} (5+ years)"),
}
MESSY = {
    "role": (
        *("Senior {} (m/f/d)", "{} - Berlin", "{}, London", "{} (remote)", "1. {}", "{} II", "Lead {} at Contoso", "{} | Contoso Ltd"),
        *("{} – Hamburg, Germany", "{} (5+ years)", "Jr. {}", "{} [full-time]", "{} needed urgently"),
    ),
    "skill": (
        *("strong knowledge of {}", "{} (advanced)", "• {}", "{} – 3 years", "experience with {}", "{} skills", "proven ability to {}"),
        *("{}: expert", "good understanding of {}", "basic {} skills required", "“{}”", "5+ years of {} experience"),
    ),
}
HARD = 2  # one of so many labels is held out for fitting: few near twins stay, as for texts from elsewhere
Queries = list[tuple[str, set[str]]]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--store", type=Path, required=True)
    options.add_argument("--fit", action="store_true", help="fit the weights on held-out labels, and write them")
    options.add_argument("--semantic", action="store_true", help="with the extra of that name")
    options.add_argument("--search", action="store_true", help="measure search on the same texts, too")
    arguments = options.parse_args()
    encoder = encoders.semantic() if arguments.semantic else None
    with tempfile.TemporaryDirectory() as folder:
        store = shutil.copytree(arguments.store, Path(folder) / "store")
        graph = Rolegraph.open(store)
        try:
            if arguments.fit:
                write_weights(graph, encoder)
            else:
                report(graph, encoder, with_search=arguments.search)
        finally:
            graph.close()


def concepts(graph: Rolegraph, kind: str, source: str, language: str = "en") -> list[Concept]:
    return read(graph.engine.rows, kind, source, language)


def build(of: Sequence[Concept], encoder: Encoder | None, language: str = "en") -> MatchIndex:
    return MatchIndex.of(of, language, [each for each in (encoders.word_vectors(language), encoder) if each])


def held_out(of: Iterable[Concept], share: int) -> tuple[list[Concept], Queries]:
    """Take one of ``share`` labels out of concepts, chosen by its digest; return the concepts without them, and these as queries."""
    means, rest, taken = defaultdict(set), [], set()
    for concept in of:
        for label in concept.labels:
            means[fold(label)].add(concept.iri)
        kept = [label for place, label in enumerate(concept.labels) if not place or not is_held(label, share)]
        taken |= {label for label in concept.labels if label not in kept}
        rest.append(Concept(concept.iri, tuple(kept), concept.description))
    ordered = sorted(taken, key=lambda label: hashlib.md5(label.encode()).digest())
    return rest, [(label, means[fold(label)]) for label in ordered]


def labels_of(of: Sequence[Concept]) -> Queries:
    """Return some labels as they are, with the concepts that have them."""
    means = defaultdict(set)
    for concept in of:
        for label in concept.labels:
            means[fold(label)].add(concept.iri)
    ordered = sorted({label for concept in of for label in concept.labels}, key=lambda label: hashlib.md5(label.encode()).digest())
    return [(label, means[fold(label)]) for label in ordered[:PLAIN]]


def as_written(queries: Queries, kind: str) -> Queries:
    """Put what people write around it to every third text."""
    around = AROUND["skill" if kind == "skill" else "role"]
    written: Queries = []
    for place, (text, right) in enumerate(queries):
        written.append((text if place % 3 else around[place // 3 % len(around)].format(text), right))
    return written


def messy(queries: Queries, kind: str) -> Queries:
    """Put around each text what people write around it."""
    around = MESSY["skill" if kind == "skill" else "role"]
    return [(around[place % len(around)].format(text), right) for place, (text, right) in enumerate(queries)]


def is_held(label: str, share: int) -> bool:
    """Return whether a label is held out. The word vectors are made without those of share 20."""
    return int(hashlib.sha256(label.encode()).hexdigest()[:8], 16) % share == 0


def rows_of(index: MatchIndex, queries: Queries, confirmed: Confirmed | None = None) -> list[Row]:
    places = {iri: place for place, iri in enumerate(index.iris)}
    rows = []
    for start in range(0, len(queries), BLOCK):
        block = queries[start : start + BLOCK]
        for scored, (_, right) in zip(score(index, [text for text, _ in block], confirmed), block, strict=True):
            rows.append(Row(scored, {places[iri] for iri in right if iri in places}))
    return rows


def write_weights(graph: Rolegraph, encoder: Encoder | None) -> None:
    """Fit the weights for roles, skills and any kind, for the members that are there and for fewer."""
    by_kind: dict[str, list[Row]] = {"role": [], "skill": []}
    for kind, source in (("role", ESCO), ("role", ONET), ("skill", ESCO)):
        rest, queries = held_out(concepts(graph, kind, source), HARD)
        by_kind[kind] += rows_of(build(rest, encoder), as_written(queries[:MOST_FITTED], kind) + as_written(labels_of(rest), kind))
    by_kind["any"] = by_kind["role"] + by_kind["skill"]
    shipped = json.loads(WEIGHTS.read_text()) if WEIGHTS.exists() else {}
    choices = [("exact", "grams"), ("exact", "grams", "words")]
    if encoder:
        choices += [("exact", "grams", encoder.name), ("exact", "grams", "words", encoder.name)]
    for kind, rows in by_kind.items():
        for members in choices:
            weights = fit(rows, blank(rows, members), FittedOn("", 0, members), tight=1.0)
            shipped[f"{kind} {'+'.join(members)}"] = {
                "fittedOn": f"held-out labels of {'ESCO 1.1.1 and O*NET 29.2' if kind != 'skill' else 'ESCO 1.1.1'}",
                "rows": len(rows),
                "order": [round(float(weight), 4) for weight in weights.order[:-1]],
                "certainty": [round(float(weight), 4) for weight in (weights.certainty[0] - CAUTION, *weights.certainty[1:-1])],
            }
            print(kind, members, shipped[f"{kind} {'+'.join(members)}"])
    WEIGHTS.write_text(json.dumps(dict(sorted(shipped.items())), indent=1) + "\n")


def blank(rows: Sequence[Row], members: tuple[str, ...]) -> Fitted:
    scored = next(row.scored for row in rows if len(row.scored.concepts) > 1)
    features = fusion.candidate_features(scored, members)
    certainty = fusion.certainty_features(scored, members, features[:, 0], np.argsort(-features[:, 0]))
    return Fitted(members, np.zeros(features.shape[1]), np.zeros(len(certainty)), FittedOn("", 0, members))


def ranks(rows: Sequence[Row], weights: Fitted) -> tuple[list[float], list[tuple[float, bool]]]:
    """Return the rank of the first right concept of each row, and the probability of its first candidate and whether that is right."""
    first, certain = [], []
    for row in rows:
        places, confidences = weights.ranked(row.scored)
        right = [rank for rank, place in enumerate(places, 1) if int(row.scored.concepts[place]) in row.right]
        first.append(right[0] if right else np.inf)
        if len(places):
            certain.append((float(confidences[places[0]]), bool(right and right[0] == 1)))
    return first, certain


def figures(first_right: Sequence[float]) -> str:
    inverse = np.array([1 / rank for rank in first_right])
    return " / ".join(f"{value:.3f}" for value in (inverse.mean(), *((inverse >= 1 / most).mean() for most in (1, 5, 10))))


def accepted(certain: Sequence[tuple[float, bool]], least: float = fusion.ACCEPTED) -> str:
    taken = [right for confidence, right in certain if confidence >= least]
    return f"{len(taken) / max(len(certain), 1):.0%}, {np.mean(taken):.3f} right" if taken else "none"


def report(graph: Rolegraph, encoder: Encoder | None, *, with_search: bool) -> None:
    roles, skills = concepts(graph, "role", ESCO), concepts(graph, "skill", ESCO)
    print("| set | texts | MRR / @1 / @5 / @10 | accepted at 0.95 | texts/s of processor time |\n|---|---|---|---|---|")
    sets: list[tuple[str, str, list[Concept], Queries, str, str | None]] = []
    sets.append(("MELO usa, ESCO occupations", "role", roles, melo("usa_q_en_c_en", roles), "en", ESCO))
    for name, kind, everything in (("ESCO occupations", "role", roles), ("ESCO skills", "skill", skills)):
        rest, queries = held_out(everything, 20)
        sets.append((f"held-out labels, {name}", kind, rest, queries[:MOST], "en", None))
        sets.append((f"the same, with something around them, {name}", kind, rest, messy(queries[:MOST], kind), "en", None))
    rest, queries = held_out(concepts(graph, "role", ONET), 20)
    sets.append(("held-out titles, O*NET", "role", rest, queries[:MOST], "en", None))
    sets.append(("SkillSkape sentences", "skill", skills, skillskape(skills), "en", ESCO))
    french = concepts(graph, "role", ESCO, "fr")
    sets.append(("MELO France, French labels", "role", french, melo("fra_q_fr_c_fr", french), "fr", ESCO))
    for name, kind, indexed, queries, language, source in sets:
        index = build(indexed, encoder, language)
        began = time.process_time()
        rows = rows_of(index, queries)
        weights = fusion.fitted(kind, index.members)
        first_right, certain = ranks(rows, weights)
        speed = len(queries) / max(time.process_time() - began, 1e-9)
        print(f"| {name} | {len(queries)} | {figures(first_right)} | {accepted(certain)} | {speed:.0f} |", flush=True)
        if name.startswith("MELO usa"):
            after_refit(index, queries, weights)
        if with_search and source:
            first_right = searched(graph, queries, kind, source, language)
            print(f"| {name}: search | {len(queries)} | {figures(first_right)} | | |", flush=True)


def searched(graph: Rolegraph, queries: Queries, kind: str, source: str, language: str) -> list[float]:
    """Return the ranks that search gives."""
    first_right = []
    for text, right in queries:
        hits = graph.search.find(text[:200], [kind], source=source, language=language, limit=MOST_CANDIDATES)
        first_right.append(next((rank for rank, hit in enumerate(hits, 1) if hit.iri in right), np.inf))
    return first_right


def after_refit(index: MatchIndex, queries: Queries, weights: Fitted) -> None:
    """Refit on 300 rows, measure on the others, for five choices of the rows."""
    certain: list[tuple[float, bool]] = []
    first_right: list[float] = []
    rows = rows_of(index, queries)
    for seed in range(5):
        order = np.random.default_rng(seed).permutation(len(rows))
        fitted = fit([rows[place] for place in order[:300]], weights, FittedOn("", 0, index.members))
        more_right, more = ranks([rows[place] for place in order[300:]], fitted)
        certain += more
        first_right += more_right
    print(f"| after a refit on 300 of them, the others | {len(first_right)} | {figures(first_right)} | {accepted(certain)} | |")


def melo(name: str, of: Sequence[Concept]) -> Queries:
    folder = data() / "matching" / "melo" / name
    iris = {concept.iri for concept in of}
    concept_of, text_of = dict(tsv(folder / "concept_mapping.tsv")), dict(tsv(folder / "queries.tsv"))
    right: dict[str, set[str]] = defaultdict(set)
    for query, _, element, relevant in tsv(folder / "annotations.tsv"):
        if relevant == "1" and concept_of[element] in iris:
            right[query].add(concept_of[element])
    return [(text_of[query], those) for query, those in right.items()]


def skillskape(of: Sequence[Concept]) -> Queries:
    """Return the sentences that name one skill."""
    iri_of = {concept.labels[0]: concept.iri for concept in of}
    with (data() / "matching" / "skillskape" / "test.csv").open(newline="", encoding="utf-8") as file:
        rows = [(row["sentence"], ast.literal_eval(row["skills"])) for row in csv.DictReader(file)]
    return [(sentence, {iri_of[names[0]]}) for sentence, names in rows if len(names) == 1 and names[0] in iri_of]


def tsv(path: Path) -> list[list[str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def data() -> Path:
    return Path(os.environ["ROLEGRAPH_TEST_DATA"])


if __name__ == "__main__":
    main()
