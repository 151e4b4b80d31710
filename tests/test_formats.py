"""Content negotiation after RFC 9110, and names of formats."""

import pytest

from rolegraph import formats
from rolegraph.errors import BadParameter, NotAcceptable, UnsupportedFormat

OFFERED = formats.holding("page", "document", "graph")


@pytest.mark.parametrize(
    ("accept", "name"),
    [
        ("", "html"),
        ("*/*", "html"),
        ("text/turtle", "turtle"),
        ("text/turtle; charset=utf-8", "turtle"),
        ("Text/Turtle", "turtle"),
        ("application/*", "json"),
        ("text/html;q=0.5, application/ld+json", "jsonld"),
        ("text/html;q=0, */*", "text"),
        ("application/rdf+xml;q=0.9, text/turtle;q=0.9", "turtle"),
        ("text/*;q=0.3, text/turtle;q=0.1, application/n-triples;q=0.2", "html"),
        ("application/x-turtle", "turtle"),
        ("text/html;q=nonsense, text/turtle;q=0.1", "turtle"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "html"),
    ],
)
def test_the_preferred_format_is_given(accept: str, name: str) -> None:
    assert formats.negotiate(accept, OFFERED).name == name


@pytest.mark.parametrize("accept", ["image/png", "text/html;q=0", "*/*;q=0", "nonsense"])
def test_what_cannot_be_given_is_refused_with_what_can(accept: str) -> None:
    with pytest.raises(NotAcceptable) as caught:
        formats.negotiate(accept, formats.holding("page"))
    assert "text/html" in caught.value.members["expected"]


def test_names_and_extensions_are_both_understood() -> None:
    assert formats.named("ttl", OFFERED) == formats.named("turtle", OFFERED)
    assert formats.of_extension("roles.jsonld", OFFERED) == formats.named("jsonld", OFFERED)
    assert formats.of_extension("roles.doc", OFFERED) is None
    with pytest.raises(BadParameter, match="docx"):
        formats.named("docx", OFFERED)
    with pytest.raises(UnsupportedFormat):
        formats.of_media("application/msword", OFFERED)
