"""Products that people name without their maker: "Excel" for "Microsoft Excel". See :mod:`rolegraph.search.products`."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from rolegraph.search import folding, products

KIND = products.KIND

ByName = Mapping[str, Sequence[int]]
"""The numbers of the labels that are a maker and then a name, by the folded name."""


def by_name(labels: Sequence[str]) -> ByName:
    """Return the products among the labels of tools by their names without the maker."""
    folded = [folding.fold(label) for label in labels]
    beginning: dict[str, list[str]] = defaultdict(list)
    for name in sorted(set(folded)):
        if name:
            beginning[products.start_of(name.split())].append(name)
    makers = {start: products.maker(start, names) for start, names in beginning.items()}
    by_name: dict[str, list[int]] = defaultdict(list)
    for number, (label, name) in enumerate(zip(labels, folded, strict=True)):
        words = name.split()
        maker = makers[products.start_of(words)] if words else ()
        product = " ".join(words[len(maker) :])
        is_short = 0 < len(words) - len(maker) <= products.WORDS and len(product) > 1
        if maker and tuple(words[: len(maker)]) == maker and is_short and products.is_name(label, product):
            by_name[product].append(number)
    return by_name
