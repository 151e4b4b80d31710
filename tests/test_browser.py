"""The pages in a browser: nothing is fetched from elsewhere, nothing is broken, everybody can use them, on every width."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page

from browsing import OPENED, SIX, TWO, launched, opening, report
from rolegraph import terms
from rolegraph.facade import Rolegraph

SELECT = quote("SELECT ?role ?tool { ?role <https://w3id.org/rolegraph/ns#tool> ?tool } LIMIT 5")
PAGES = {
    "home": "/",
    "compare two": TWO,
    "compare three": "/compare?role=ai-programmer,deep-learning-engineer,computer-vision-engineer",
    "compare six": SIX,
    "compare wrongly": "/compare?role=ai-architect",
    "similar": "/similar?role=computer-vision-engineer",
    "gap": "/gap?from=ai-programmer&to=computer-vision-engineer",
    "gap form": "/gap",
    "gap wrongly": "/gap?from=nonsense&to=ai-architect",
    "paths": "/paths?from=ai-programmer&to=computer-vision-engineer",
    "openings": "/openings?from=deep-learning-engineer",
    "distinguish": "/distinguish?role=ai-architect&role=ai-programmer&role=deep-learning-engineer&role=machine-learning-engineer",
    "agreement": "/agreement?role=deep-learning-engineer",
    "role": "/role/computer-vision-engineer",
    "roles": "/role",
    "tool": "/tool/pytorch",
    "source": "/source/ai-architect-vs-deep-learning-engineer",
    "source of figures": "/source/salaries-2025-01-19",
    "sources": "/source",
    "posting": "/posting/data-engineer-at-murmuration",
    "postings": "/posting",
    "queries": "/queries",
    "query": "/queries/evidence?role=deep-learning-engineer&concept=tool:pytorch",
    "query form": "/queries/shared-by-all",
    "query for a graph": "/queries/compare-graph?role=ai-architect,ai-programmer",
    "sparql": "/sparql",
    "sparql answer": f"/sparql?query={SELECT}",
    "sparql error": "/sparql?query=SELECT%20%3Fa%0AWHERE%20nonsense",
    "search": "/search",
    "search answer": "/search?q=learning",
    "search filtered": "/search?q=dl+enginer&kind=role&language=en",
    "search in vain": "/search?q=xyzzyx",
    "search wrongly": "/search?q=a&kind=nonsense",
    "validate": "/validate?example=invalid",
    "ontology": "/ontology",
    "shapes": "/shapes",
    "not found": "/role/nonsense",
}
FOREIGN = {
    "foreign role": "/thing?iri=esco-occupation:made-up-carver",
    "rated role": "/thing?iri=onet:99-0001.00",
    "group": "/thing?iri=isco:C912",
    "page of a list": "/skill?limit=20&page=2",
    "imported source": "/source/esco-0-1",
    "compare across sources": "/compare?role=ai-programmer,esco-occupation:made-up-carver,onet:99-0001.00",
    "compare in vain": "/compare?role=made-up-potter,onet:99-0002.00",
    "gap in vain": "/gap?from=made-up-potter&to=onet:99-0002.00",
    "ways in vain": "/paths?from=made-up-potter&to=onet:99-0002.00",
    "apart in vain": "/distinguish?role=made-up-potter&role=onet:99-0002.00",
    "one source alone": "/agreement?role=made-up-potter",
    "choice of roles": "/gap?from=wood+carver&to=ai-architect",
    "half of a gap": "/gap?to=esco-occupation:made-up-carver",
}
POTTER = "חרש כדים (א)"
MORE = f"""PREFIX onet: <https://www.onetonline.org/link/summary/> PREFIX rg: <{terms.RG}> PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
PREFIX role: <{terms.BASE}role/>
onet:99-0003.00 a rg:Role ; skos:prefLabel "wood carver"@en ; skos:definition "Another one of this name."@en .
onet:99-0002.00 a rg:Role ; skos:prefLabel "Turners"@en ; rg:essentialSkill <https://www.onetonline.org/find/descriptor/result/9.Z.2> .
<https://www.onetonline.org/find/descriptor/result/9.Z.2> a rg:Skill ; skos:prefLabel "Turning"@en .
role:made-up-potter a rg:Role ; skos:prefLabel "{POTTER}"@en ; rg:essentialSkill <http://data.europa.eu/esco/skill/made-up-clay> .
<http://data.europa.eu/esco/skill/made-up-clay> a rg:Skill ; skos:prefLabel "חומר (ב)"@en .
"""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    yield from launched()


@pytest.fixture
def opened(chromium: Browser, server: str) -> Iterator[OPENED]:
    """A function that opens a path of the service as shipped."""
    yield from opening(chromium, server)


@pytest.fixture(scope="module")
def mixed(shipped_store: Path, serve: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a service that also holds a few roles of another system."""
    store = Path(shutil.copytree(shipped_store, tmp_path_factory.mktemp("mixed") / "store"))
    graph = Rolegraph.open(store)
    graph.store(terms.BASE + "source/esco-0-1", (Path(__file__).parent / "imports" / "foreign.ttl").read_bytes())
    graph.store(terms.BASE + "source/made-up-2-0", MORE.encode())
    graph.close()
    service = serve(store)
    yield service.address
    assert service.stop()[0] == 0


@pytest.fixture
def opened_mixed(chromium: Browser, mixed: str) -> Iterator[OPENED]:
    """A function that opens a path of that service."""
    yield from opening(chromium, mixed)


def status(path: str) -> int:
    wrong = {PAGES[name]: 400 for name in ("compare wrongly", "search wrongly", "gap wrongly", "sparql error")}
    return {**wrong, PAGES["not found"]: 404}.get(path, 200)


# the checker takes half a minute for a comparison of six, which holds nothing that one of three does not
@pytest.mark.parametrize("path", [path for path in PAGES.values() if path not in (TWO, SIX)], ids=lambda path: path[:40])
def test_everybody_can_use_it(opened: OPENED, path: str) -> None:
    report(opened(path, status(path)))


@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES)
def test_nothing_scrolls_sideways(opened: OPENED, path: str) -> None:
    fits(opened(path, status(path)))


@pytest.mark.parametrize("path", FOREIGN.values(), ids=FOREIGN)
def test_pages_with_things_of_other_systems_are_for_everybody_on_every_width(opened_mixed: OPENED, path: str) -> None:
    page = opened_mixed(path, 400 if path == FOREIGN["choice of roles"] else 200)
    report(page)
    page.emulate_media(color_scheme="light")
    for folded in page.locator("main details").all():
        folded.evaluate("one => one.open = true")
    fits(page)


@pytest.mark.parametrize(
    "path",
    [
        "/role/made-up-potter",
        "/role",
        "/compare?role=made-up-potter,onet:99-0002.00",
        "/compare?role=made-up-potter,onet:99-0002.00,ai-architect",
        "/similar?role=made-up-potter&with=onet:99-0002.00",
        "/gap?from=made-up-potter&to=onet:99-0002.00",
        "/gap?from=onet:99-0002.00&to=made-up-potter",
        "/paths?from=onet:99-0002.00&to=made-up-potter",
        "/agreement?role=made-up-potter",
        "/search?q=כדים",
    ],
)
def test_a_name_has_the_direction_of_its_script_and_leaves_that_of_the_rest(opened_mixed: OPENED, path: str) -> None:
    page = opened_mixed(path)
    mixed = page.evaluate(
        """() => {
            const found = [], walker = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT);
            for (let node; (node = walker.nextNode());) {
                const one = node.parentElement;
                if (!/[\u0590-\u05ff]/.test(node.data) || ['OPTION', 'SCRIPT'].includes(one.tagName) || !one.checkVisibility()) continue;
                const style = getComputedStyle(one);
                const alone = one.textContent === node.data && !style.display.startsWith('inline');
                if (!alone && !['isolate', 'plaintext'].includes(style.unicodeBidi)) found.push(one.outerHTML.slice(0, 200));
            }
            return found;
        }"""
    )
    assert mixed == []
    assert POTTER in page.inner_text("main")


@pytest.mark.parametrize("added", ["utm_source=newsletter", "fbclid=IwAR0x1"])
@pytest.mark.parametrize(
    "path",
    [TWO, PAGES["gap"], PAGES["search answer"], "/queries/items-missing?from=ai-programmer&to=ai-architect", PAGES["role"]],
    ids=["compare", "gap", "search", "query", "role"],
)
def test_a_link_that_was_shared_shows_what_it_showed_before(opened: OPENED, path: str, added: str) -> None:
    plain = opened(path)
    shared = opened(f"{path}{'&' if '?' in path else '?'}{added}")
    assert shared.inner_text("main") == plain.inner_text("main")
    assert shared.locator(".notice.wrong").count() == 0
    address = "document.querySelector('link[rel=canonical]').href"
    assert shared.evaluate(address) == plain.evaluate(address) == plain.url


def fits(page: Page) -> None:
    """Check that no width has anything cut off or beside the screen."""
    for width in (1280, 768, 360, 320):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, width
        clipped = page.evaluate(
            """() => [...document.querySelectorAll('main h1, main h2, main h3, main p, main li, main dd, main label')]
                .filter(one => one.checkVisibility() && !one.closest('.scroll, .hidden, nav'))
                .filter(one => one.getBoundingClientRect().right > innerWidth + 1).map(one => one.outerHTML.slice(0, 200))"""
        )
        assert clipped == [], width
