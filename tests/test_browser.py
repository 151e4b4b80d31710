"""The pages in a browser: nothing is fetched from elsewhere, nothing is broken, everybody can use them, on every width."""

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Request, sync_playwright

from rolegraph import terms
from rolegraph.facade import Rolegraph

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SELECT = quote("SELECT ?role ?tool { ?role <https://w3id.org/rolegraph/ns#tool> ?tool } LIMIT 5")
TWO = "/compare?role=ai-architect&role=deep-learning-engineer"
SIX = (
    "/compare?role=ai-architect,ai-programmer,computer-vision-engineer,deep-learning-engineer,"
    "machine-learning-engineer,machine-learning-software-engineer"
)
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
OPENED = Callable[..., Page]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A browser without a window."""
    path = next((found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None)
    if path is None:
        pytest.skip("no Chromium found: these tests need one, such as Debian's package chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def opened(chromium: Browser, server: str) -> Iterator[OPENED]:
    """A function that opens a path of the service as shipped."""
    yield from opening(chromium, server)


@pytest.fixture(scope="module")
def mixed(serve: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a service that also holds a few roles of another system."""
    store = tmp_path_factory.mktemp("mixed")
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


def opening(chromium: Browser, server: str) -> Iterator[OPENED]:
    """Yield a function that opens a path; whatever a page asks of other servers, and whatever goes wrong in it, fails the test."""
    wrong: list[str] = []
    contexts = []

    def note(request: Request) -> None:
        if not request.url.startswith((f"{server}/", "data:")):
            wrong.append(f"{request.method} {request.url}")

    def show(path: str, expected: int = 200, **options: Any) -> Page:
        context = chromium.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.on("request", note)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda message: wrong.append(message.text) if message.type in ("error", "warning") and expected < 400 else None)
        response = page.goto(server + path)
        assert response is not None
        assert response.status == expected
        return page

    yield show
    for context in contexts:
        context.close()
    assert wrong == []


def status(path: str) -> int:
    wrong = {PAGES[name]: 400 for name in ("compare wrongly", "search wrongly", "gap wrongly", "sparql error")}
    return {**wrong, PAGES["not found"]: 404}.get(path, 200)


def report(page: Page) -> None:
    """Check the rules of accessibility, and the contrast of the dark colours too."""
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    page.emulate_media(color_scheme="dark")
    found = Axe().run(page, options={"runOnly": ["color-contrast"]})
    assert found.violations_count == 0, f"dark: {found.generate_report()}"


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
    [TWO, PAGES["gap"], PAGES["search answer"], "/queries/gap?from=ai-programmer&to=ai-architect", PAGES["role"]],
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


def test_the_report_of_a_validation_can_be_used_by_everybody(opened: OPENED) -> None:
    page = opened("/validate?example=invalid", viewport={"width": 360, "height": 800})
    page.click("button:has-text('Check')")
    assert page.locator(".findings.violation li").count() == 2
    assert page.locator(".findings.warning li").count() == 1
    assert "role:prompt-engineer" in page.input_value("#entry")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    report(page)


def test_skills_are_matched_with_roles_without_script(opened: OPENED) -> None:
    page = opened("/gap", java_script_enabled=False, viewport={"width": 360, "height": 800})
    page.fill("#profile", "Python, OpenCV\nan unheard-of skill")
    page.click("button:has-text('Match')")
    assert page.locator("section.band h2 a").first.inner_text() == "Computer Vision Engineer"
    assert "an unheard-of skill" in page.locator("dl.facts").inner_text()
    assert "unheard" not in page.url
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_two_roles_are_picked_and_compared_with_the_keyboard(opened: OPENED, script: bool) -> None:
    page = opened("/", java_script_enabled=script)
    names = ("AI Programmer", "Machine Learning Engineer")
    picked = 0
    for _ in range(60):
        page.keyboard.press("Tab")
        focused = page.locator(":focus")
        if focused.get_attribute("name") == "role" and picked < 2:
            label = page.locator("label:has(:focus)").inner_text()
            if label.startswith(names):
                page.keyboard.press("Space")
                picked += 1
        elif picked == 2 and focused.inner_text() == "Compare":
            page.keyboard.press("Enter")
            break
    page.wait_for_url(re.compile(r"/compare\?role=ai-programmer&role=machine-learning-engineer$"))
    assert page.locator("h1").inner_text() == "AI Programmer and Machine Learning Engineer"


def test_the_first_stop_of_the_keyboard_skips_to_the_content(opened: OPENED) -> None:
    page = opened(TWO)
    page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text() == "Skip to content"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.locator("main :focus").count() == 1


def test_focus_can_be_seen_and_is_not_hidden_under_the_bar_of_sections(opened: OPENED) -> None:
    page = opened(TWO, viewport={"width": 1280, "height": 700})
    page.locator("#tools a").first.focus()
    for _ in range(25):
        page.keyboard.press("Tab")
        top = page.evaluate("document.activeElement.getBoundingClientRect().top")
        bar = page.evaluate("document.querySelector('nav.sections').getBoundingClientRect().bottom")
        assert top >= bar - 1
    page.keyboard.press("Shift+Tab")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_a_query_runs_without_script(opened: OPENED) -> None:
    page = opened("/sparql", java_script_enabled=False)
    page.fill("#query", "PREFIX rg: <https://w3id.org/rolegraph/ns#> SELECT ?role { ?role a rg:Role } ORDER BY ?role")
    page.click("button:has-text('Run')")
    assert page.locator("table.data tbody tr").count() == 6
    page.click("table.data a:has-text('role:ai-architect')")
    assert page.locator("h1").inner_text() == "AI Architect"


def test_a_canned_query_is_asked_on_its_page_and_opened_in_the_editor(opened: OPENED) -> None:
    page = opened("/queries/gap", java_script_enabled=False)
    page.select_option("#p-from", "ai-programmer")
    page.select_option("#p-to", "ai-architect")
    page.click("button:has-text('Run')")
    rows = page.locator("table.data tbody tr").count()
    assert rows > 5
    page.click("text=Open in the SPARQL editor")
    assert page.locator("table.data tbody tr").count() == rows


def test_an_item_leads_to_the_statements_behind_it(opened: OPENED) -> None:
    page = opened(TWO)
    page.locator("#tools .matrix .marks").first.click()
    assert "Which statements support this claim" in page.locator("h1").inner_text()
    page.locator("table.data tbody a").first.click()
    page.wait_for_selector("tr:target")


def test_shared_and_single_items_differ_without_colour(opened: OPENED) -> None:
    page = opened(TWO, forced_colors="active")
    for section in ("responsibilities", "skills", "tools"):
        heads = page.locator(f"#{section} .spread").all_inner_texts()
        assert heads[0].startswith("● Shared by both")
        assert heads[1].startswith("○ Only AI Architect")
        assert heads[2].startswith("○ Only Deep Learning Engineer")


def test_eight_roles_fit_on_the_page(opened: OPENED, server: str) -> None:
    """There are six roles: the columns of eight are checked with those of six, doubled in part."""
    page = opened(SIX)
    page.evaluate(
        "document.querySelectorAll('.columns').forEach(one => one.append(one.children[0].cloneNode(true), one.children[1].cloneNode(true)))"
    )
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_thing_is_found_without_script(opened: OPENED) -> None:
    page = opened("/", java_script_enabled=False)
    page.fill(".quick input", "deep lerning enginer")
    page.click(".quick button")
    assert page.locator(".hits h2").first.inner_text() == "Deep Learning Engineer"
    page.select_option("#f-kind", "skill")
    page.click(".finder button")
    assert page.locator(".hits .kind").all_inner_texts() != []
    assert all(text.startswith("skill") for text in page.locator(".hits .kind").all_inner_texts())


def test_suggestions_are_used_with_the_keyboard(opened: OPENED) -> None:
    page = opened("/ontology", viewport={"width": 1280, "height": 800})
    box = page.locator(".quick input")
    box.press_sequentially("pytor")
    page.wait_for_selector(".quick .suggestions li")
    assert box.get_attribute("aria-expanded") == "true"
    report(page)
    box.press("ArrowDown")
    chosen = page.locator(f"#{box.get_attribute('aria-activedescendant')}")
    assert chosen.get_attribute("aria-selected") == "true"
    assert chosen.locator("span").inner_text() == "PyTorch"
    box.press("Escape")
    assert box.get_attribute("aria-expanded") == "false"
    assert page.locator(".quick .suggestions").is_hidden()
    box.press("ArrowDown")
    box.press("c")
    page.wait_for_selector(".quick .suggestions li")
    box.press("ArrowDown")
    box.press("Enter")
    page.wait_for_url(re.compile(r"/tool/pytorch$"))
    box = page.locator(".quick input")
    box.press_sequentially("deep learn")
    box.press("Enter")
    page.wait_for_url(re.compile(r"/search\?q=deep\+learn$"))
