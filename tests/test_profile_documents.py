"""Profiles as JSON: JSON Resume, and schema.org in every shape that JSON-LD allows. What is not read is said, with its place."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rolegraph.analysis import profiles
from rolegraph.analysis.profiles import Profile
from rolegraph.errors import UnreadableInput
from rolegraph.formats import holding, named
from rolegraph.web.http.negotiation import TEXT

JSON_LD = named("jsonld", holding("graph"))
TOOL = "https://w3id.org/rolegraph/tool/docker"


def read(document: Any) -> Profile:
    return profiles.read(json.dumps(document).encode(), JSON_LD)


def posting(skills: Any, **more: Any) -> dict[str, Any]:
    return {"@context": "https://schema.org", "@type": "JobPosting", "skills": skills, **more}


@pytest.mark.parametrize(
    "skills",
    [
        ["Python", "Docker"],
        "Python, Docker",
        "Python\nDocker",
        "<ul><li>Python</li><li>Docker</li></ul>",
        [["Python"], [["Docker", None]]],
        {"@list": ["Python", "Docker"]},
        {"@set": [{"@value": "Python"}, {"@value": "Docker", "@language": "en"}]},
        ["Python", {"@type": "DefinedTerm", "name": {"@value": "Docker", "@language": "en"}}],
        ["Python", {"@type": "DefinedTerm", "name": ["Docker"]}],
        ["Python", {"@type": "DefinedTerm", "name": {"fr": "Dockeur", "en": "Docker"}}],
        ["Python", {"@type": "DefinedTerm", "name": [{"@value": "Dockeur", "@language": "fr"}, {"@value": "Docker", "@language": "en"}]}],
        ["Python", {"@type": "schema:DefinedTerm", "schema:name": "Docker"}],
        ["Python", {"@type": "DefinedTerm", "termCode": "Docker"}],
        {"en": ["Python", "Docker"], "fr": ["Pithon"]},
        {"@type": "ItemList", "itemListElement": [{"item": {"name": "Python"}}, {"@type": "ListItem", "name": "Docker"}]},
        {"@type": "DefinedTermSet", "name": "Our skills", "hasDefinedTerm": [{"name": "Python"}, {"name": "Docker"}]},
    ],
)
def test_skills_in_every_shape(skills: Any) -> None:
    assert read(posting(skills)) == Profile("posting", ("Python", "Docker"))


@pytest.mark.parametrize(
    "document",
    [
        [posting("Docker")],
        {"@context": "https://schema.org", "@graph": [{"@type": "WebSite", "name": "Jobs"}, posting("Docker")]},
        {"@context": "https://schema.org", "@graph": posting("Docker")},
        {"@context": "https://schema.org", "@type": "WebPage", "mainEntity": posting("Docker")},
        {"@context": "https://schema.org", "@type": "ItemList", "itemListElement": [{"item": posting("Docker")}]},
        {"@context": "https://schema.org", "@type": ["JobPosting", "Thing"], "skills": "Docker"},
        {"@context": {"s": "https://schema.org/"}, "@type": "s:Occupation", "s:skills": "Docker"},
        {"@type": "https://schema.org/Person", "https://schema.org/knowsAbout": ["Docker"]},
        posting(None, relevantOccupation={"skills": ["Docker"]}),
        {"@context": "https://schema.org", "@graph": [posting({"@id": "#d"}), {"@id": "#d", "name": "Docker"}]},
        {"@context": "https://schema.org", "@type": "Person", "hasCredential": {"credentialCategory": "Docker"}},
    ],
)
def test_a_posting_is_found_wherever_it_stands(document: Any) -> None:
    assert read(document) == Profile("posting", ("Docker",))


def test_an_identifier_alone_is_a_skill() -> None:
    assert read(posting([{"@id": TOOL}, {"@id": "tool:docker"}])).texts == (TOOL,)
    assert read(posting({"@id": TOOL, "name": "Docker"})).texts == (f"{TOOL} Docker",)


def test_the_posting_of_a_page_is_read() -> None:
    scripts = "".join(f'<script type="application/ld+json">{text}</script>' for text in (json.dumps(posting("Docker")), "{no json"))
    page = f"<!doctype html><html><head>{scripts}</head><body>Python</body></html>"
    assert profiles.read(page.encode(), TEXT) == Profile("posting", ("Docker",))


def test_a_posting_in_another_format_of_graphs() -> None:
    turtle = b"""
        @prefix schema: <https://schema.org/> .
        <x:a> a schema:JobPosting ; schema:skills "Git, Perl", <https://w3id.org/rolegraph/tool/python>, [ schema:name "Docker" ] .
    """
    texts = ("Perl", "Docker", "Git", "https://w3id.org/rolegraph/tool/python")
    assert read_turtle(turtle) == Profile("entry", texts)


def read_turtle(turtle: bytes) -> Profile:
    return profiles.read(turtle, named("turtle", holding("graph")))


def test_a_resume_with_all_that_names_skills() -> None:
    resume = {
        "basics": {"name": "Kim Example", "label": "Programmer"},
        "skills": [
            "Docker",
            {"name": "Languages", "level": "Master", "keywords": ["Python", {"skill": "Java", "level": "4/5"}, {"name": "Go", "level": 3}]},
            {"name": "Kubernetes", "level": "Beginner"},
            {"name": "Databases", "keywords": "MySQL, Oracle"},
        ],
        "projects": [{"name": "Shop", "keywords": ["Git"], "highlights": ["Won a prize"]}],
        "work": [{"name": "Acme", "keywords": [{"name": "Perl"}]}],
        "languages": [{"language": "English", "fluency": "Native"}],
        "certificates": [{"name": "CCNA"}],
        "education": [{"studyType": "Bachelor", "area": "Physics"}],
        "interests": [{"name": "Chess", "keywords": ["Openings"]}],
    }
    names = ["Docker", "Python", "Java", "Go", "Kubernetes", "MySQL", "Oracle", "English", "CCNA", "Bachelor", "Physics", "Git", "Perl"]
    assert read(resume) == Profile("resume", tuple(names))


@pytest.mark.parametrize(
    ("document", "texts", "unread"),
    [
        (posting(["Python", 3, {"levels": {"deep": 1}}]), ("Python",), ("skills[1]", "skills[2]")),
        (posting("Python", requiredSkills=["Docker"]), ("Python",), ("requiredSkills",)),
        (posting(["Python", "x" * 501]), ("Python",), ("skills[1]",)),
        ({"@graph": [posting(["Python", {"@value": 1}])]}, ("Python",), ("@graph[0].skills[1]",)),
        ({"basics": {}, "skills": ["Python", {"name": "A", "keywords": [{"x": 1}]}]}, ("Python",), ("skills[1].keywords[0]",)),
        ({"basics": {}, "projects": [{"keywords": ["Python"], "technologies": 5}]}, ("Python",), ("projects[0].technologies",)),
        ({"basics": {}, "skills": ["Python"], "languages": [{"language": 3}]}, ("Python",), ("languages[0].language",)),
        ({"skills": ["Python", {"years": 3}]}, ("Python",), ("skills[1]",)),
        (["Python", {"years": 3}], ("Python",), ("[1]",)),
    ],
)
def test_what_is_not_read_is_said_with_its_place(document: Any, texts: tuple[str, ...], unread: tuple[str, ...]) -> None:
    profile = read(document)
    assert (profile.texts, profile.unread) == (texts, unread)


@pytest.mark.parametrize(
    "document",
    [
        {"skills": ["Python"], "technologies": "Docker"},
        {"skills": {"languages": ["Python"], "operations": ["Docker"]}},
        {"skills": [{"name": "Python"}, {"title": "Docker"}]},
        {"requiredSkills": ["Python"], "profile": {"tools": ["Docker"]}},
        [{"name": "Python"}, "Docker"],
    ],
)
def test_lists_as_other_systems_write_them(document: Any) -> None:
    assert read(document) == Profile("list", ("Python", "Docker"))


def test_a_profile_of_which_nothing_is_read_says_what() -> None:
    with pytest.raises(UnreadableInput, match=r"not read: skills\[0\]"):
        read(posting([5]))


plain = st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(["Python", "en", "tool:docker", ""])
key = st.sampled_from(["@id", "@type", "@value", "@list", "@set", "@graph", "name", "skills", "keywords", "en", "x", "item"])
value = st.recursive(plain, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(key, inner, max_size=3), max_leaves=12)


def says_something(element: Any) -> bool:
    if isinstance(element, list | dict):
        return any(map(says_something, element.values() if isinstance(element, dict) else element))
    return element not in (None, "")


@given(value)
@settings(max_examples=300, deadline=None)
def test_any_value_of_skills_is_read_or_told(skills: Any) -> None:
    profile = read(posting(["Git", skills]))
    assert profile.texts[1:] or profile.unread or not says_something(skills)
