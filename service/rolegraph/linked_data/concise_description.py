"""Concise bounded descriptions: the query for the triples about a thing, with the labels of what it links to."""

from collections.abc import Callable, Sequence

from rolegraph.queries import internal
from rolegraph.values import Row

PARTS = 5000  # things that the graph of a source describes; of a source with more, only itself is described (the query asks for one more)

Ask = Callable[[str], list[Row]]


def query(iri: str, credited: Sequence[str] = (), parts: Sequence[str] = ()) -> str:
    """Return the query for the triples about a thing, and the labels of what it links to.

    :param credited: the IRIs of sources that are to be described with it, as are the ``parts`` of it
    """
    return internal.query("description").bind({"described": iri, "thing": [*credited, *parts]})


def parts(ask: Ask, source: str) -> list[str]:
    """Return the IRIs of the parts of a source, which start with its own and a hash sign; none where its graph describes many things.

    Whoever asks for the IRI of a part asks for that of its source, since what follows the hash sign is not sent.
    """
    described = [row["thing"].value for row in ask(internal.query("parts-of-source").bind({"source": source}))]
    return sorted({iri for iri in described if iri.startswith(f"{source}#")}) if len(described) <= PARTS else []
