"""Items of an equal name in different sources: nothing states that they are the same, but who has one nearly has the other."""

from collections.abc import Mapping

import numpy as np

from rolegraph.analysis import weights
from rolegraph.analysis.facts import Facts
from rolegraph.analysis.items import Items
from rolegraph.search.folding import fold

Alike = Mapping[int, tuple[int, ...]]

_LEARNT = np.array([name in weights.LEARNT for name in weights.NAMES])


def alike(facts: Facts, items: Items) -> Alike:
    """Return for each learnable item those of the same name that no source of it names.

    What one source names twice, such as a skill and a field of knowledge of one name, it tells apart.
    """
    claims = facts.claims[_LEARNT[facts.claims[:, 1]]]
    by_name: dict[str, dict[int, set[int]]] = {}  # the sources of each item
    named = [(int(place), name) for place in np.unique(claims[:, 2]) if (name := fold(facts.labels[int(place)]))]
    for place, name in named:
        by_name.setdefault(name, {}).setdefault(int(items.item_of[place]), set())
    shared = {name: sources for name, sources in by_name.items() if len(sources) > 1}
    wanted = {place: shared[name][int(items.item_of[place])] for place, name in named if name in shared}
    rows = claims[np.isin(claims[:, 2], np.array(list(wanted), dtype=np.int32))]
    for place, source in np.unique(rows[:, 2:], axis=0).tolist():
        wanted[place].add(source)
    alike_items: dict[int, list[int]] = {}
    for sources in shared.values():
        for item, own in sorted(sources.items()):
            others = [other for other, theirs in sorted(sources.items()) if other != item and not own & theirs]
            if others:
                alike_items.setdefault(item, []).extend(others)
    return {item: tuple(others) for item, others in alike_items.items()}
