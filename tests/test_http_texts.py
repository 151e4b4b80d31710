"""Whatever text stands in whatever parameter: an answer, or a problem that says what was wrong; never a fault of the service."""

from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from rolegraph.analysis import held
from rolegraph.errors import BadParameter
from rolegraph.facade import Rolegraph
from rolegraph.search import MOST

ROLES = ("ai-architect", "deep-learning-engineer")
ROUTES: dict[str, tuple[tuple[tuple[str, str], ...], tuple[str, ...]]] = {
    "/search": ((("q", "python"),), ("q", "kind", "source", "language", "limit", "revision", "format")),
    "/suggest": ((("q", "python"),), ("q", "kind", "limit", "revision", "format")),
    "/compare": ((("role", ROLES[0]), ("role", ROLES[1])), ("role", "revision", "format")),
    "/similar": ((("role", ROLES[0]),), ("role", "with", "source", "count", "revision", "format")),
    "/gap": ((("from", ROLES[0]), ("to", ROLES[1])), ("from", "to", "revision", "format")),
    "/paths": ((("from", ROLES[0]), ("to", ROLES[1])), ("from", "to", "k", "revision", "format")),
    "/openings": ((("from", ROLES[0]),), ("from", "source", "count", "revision", "format")),
    "/distinguish": ((("role", ROLES[0]), ("role", ROLES[1])), ("role", "revision", "format")),
    "/agreement": ((("role", ROLES[0]),), ("role", "matching", "revision", "format")),
    "/role": ((), ("page", "limit", "source", "revision", "format")),
    "/source": ((), ("page", "limit", "source", "revision", "format")),
    "/thing": ((("iri", "role:ai-architect"),), ("iri", "revision", "format")),
    "/role/ai-architect": ((), ("revision", "format")),
    "/queries": ((), ("revision", "format")),
    "/queries/compare": ((("role", ROLES[0]), ("role", ROLES[1])), ("role", "revision", "format")),
    "/queries/search": ((("text", "python"),), ("text", "revision", "format")),
    "/": ((), ("revision", "format")),
}
PLACES = [(path, name) for path, (_, names) in ROUTES.items() for name in names]
ODD = (
    "", " ", "\x00", "a\x00b", "\u202eabc", "\ufeff", "\x1f", "\\", '"', "'", "<>", "a b<c>", "{}", "%", "%00", "*", "-", "--", "?", "#",
    "/", ":", "nan", "inf", "1e999", "-1", "0", "1.0", "0000000000001", "0000000011001", "000000001" + "9" * 5000,
    "9" * 400, "٣", "１", "²", "𝟛", "true", "null",
    "en-GB", "zh-Hant-TW", "en-", "-en", "en--gb", "x-private", "a" * 40, "en_GB", "de-CH-1996", "*-CH", "i-klingon",
    "source:", "source:x", "role:ai-architect#x", "https://w3id.org/rolegraph/", "http://", "http://[",
    "http://x y", "urn:x", "mailto:a@b",
    "javascript:alert(1)", "http://example.org/\u202e",
    "http://example.org/é", "http://example.org/%", "http://example.org/\ud7ff", "esco-1-1-1",
    "ai-architect,deep-learning-engineer", ",,,,", "a," * 300, "AI architect", "ＡＩ", "𞤀𞤁", "a𞤀b", "ꟸx ꟹ", "\u0378",
    "นักวิทยาศาสตร์", "数据" * 90, "🧵" * 50,
    "e\u0301" * 90, "of the " * 28, "c++ c# f# .net", "(a OR b) NEAR c", '"quoted" AND', "NOT", "words:x", "^x", "col : x", "a" * 5000,
)  # fmt: skip
texts = st.sampled_from(ODD) | st.text(max_size=60) | st.text(st.characters(codec="utf-8"), max_size=250)
texts |= st.from_regex(r"[a-z]{1,9}(-[A-Za-z0-9]{0,9}){0,4}")


def ask(client: FlaskClient, path: str, parameters: list[tuple[str, str]], page: bool) -> int:
    query = urlencode(parameters, errors="surrogatepass")
    answer = client.get(f"{path}?{query}", headers={"Accept": "text/html" if page else "application/json"})
    assert answer.status_code in (200, 303, 400, 404, 406), f"{path} {parameters} {answer.status_code} {answer.text[:300]}"
    if answer.status_code >= 400 and not page:
        assert answer.json is not None
        assert answer.json["detail"]
    return answer.status_code


def asked(path: str, name: str, text: str) -> list[tuple[str, str]]:
    """Return the parameters of a route, one of them with a text of its own."""
    usual = list(ROUTES[path][0])
    place = next((place for place, (own, _) in enumerate(usual) if own == name), len(usual))
    return [*usual[:place], (name, text), *usual[place + 1 :]]


@pytest.mark.parametrize(("path", "name"), PLACES)
def test_odd_texts_are_answered_or_refused(client: FlaskClient, path: str, name: str) -> None:
    for text in ODD:
        ask(client, path, asked(path, name, text), page=False)
        ask(client, path, asked(path, name, text), page=True)


@settings(deadline=None, max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.sampled_from(PLACES), text=texts, page=st.booleans())
@example(place=("/search", "language"), text="en-GB", page=False)
def test_any_text_is_answered_or_refused(client: FlaskClient, place: tuple[str, str], text: str, *, page: bool) -> None:
    path, name = place
    ask(client, path, asked(path, name, text), page)


@pytest.mark.parametrize("name", ["/role/{}", "/skill/{}", "/queries/{}", "/source/{}", "/{}"])
def test_any_text_is_a_path_or_none(client: FlaskClient, name: str) -> None:
    for text in ODD:
        path = name.format(urlencode({"": text})[1:].replace("+", "%20"))
        assert client.get(path).status_code in (200, 301, 303, 308, 400, 404, 405), path


@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    text=texts | st.text(st.characters(), max_size=30),
    kinds=st.lists(st.sampled_from(["role", "tool", "nonsense", "ro\ud800le"]), max_size=2),
    source=st.none() | texts | st.just("\ud800"),
    language=st.none() | texts | st.just("\ud800"),
    limit=st.integers(-1, MOST + 1),
)
def test_search_answers_or_refuses_anything(
    graph: Rolegraph, *, text: str, kinds: list[str], source: str | None, language: str | None, limit: int
) -> None:
    try:
        hits = graph.search.find(text, kinds, source=source, language=language, limit=limit)
    except BadParameter:
        return
    assert len(hits) <= limit
    assert graph.search.meant(text, []) is not None
    assert graph.search.labelled(text, []) is not None


def test_a_regional_tag_is_answered_by_its_language_and_by_its_own_region() -> None:
    graph, label = Rolegraph.open(), "http://www.w3.org/2004/02/skos/core#prefLabel"
    tags = ("en", "en-GB", "en-US", "en-GB-oxendict", "", "fr")
    skill, type_ = "https://w3id.org/rolegraph/skill", "https://w3id.org/rolegraph/ns#Skill"
    ends = ["@" + tag if tag else "" for tag in tags]
    lines = [f'<{skill}/k{place}> a <{type_}> ; <{label}> "kneading"{end} .' for place, end in enumerate(ends)]
    graph.store("https://w3id.org/rolegraph/source/ours", "\n".join(lines).encode())

    def found(language: str) -> list[str]:
        return sorted(hit.language for hit in graph.search.find("kneading", ["skill"], language=language))

    assert found("en-GB") == ["", "en", "en-gb", "en-gb-oxendict"] == found("EN-gb")
    assert found("en") == ["", "en", "en-gb", "en-gb-oxendict", "en-us"]
    assert found("fr-CA") == ["", "fr"]
    assert graph.search.find("kneading dough", ["skill"], language="en-GB")[0].language in ("en", "en-gb", "en-gb-oxendict", "")


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.lists(texts, min_size=1, max_size=6).map("\n".join), target=st.none() | st.sampled_from(ROLES))
def test_any_text_is_a_profile_or_none(client: FlaskClient, body: str, target: str | None) -> None:
    answer = client.post(
        "/gap" + (f"?to={target}" if target else ""),
        data=body.encode("utf-8", "surrogatepass"),
        content_type="text/plain",
        headers={"Accept": "application/json"},
    )
    assert answer.status_code in (200, 400, 413), answer.text
    assert held.STATUSES
