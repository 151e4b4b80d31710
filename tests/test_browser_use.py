"""What people do on the pages, with the keyboard, without script, without colour."""

import csv
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from browsing import OPENED, SIX, TWO, follow, launched, opening, report


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    yield from launched()


@pytest.fixture
def opened(chromium: Browser, server: str) -> Iterator[OPENED]:
    """A function that opens a path of the service as shipped."""
    yield from opening(chromium, server)


def test_the_report_of_a_validation_can_be_used_by_everybody(opened: OPENED) -> None:
    page = opened("/validate?example=invalid", viewport={"width": 360, "height": 800})
    follow(page, "button:has-text('Check')")
    assert page.locator(".findings.violation li").count() == 2
    assert page.locator(".findings.warning li").count() == 1
    assert "role:prompt-engineer" in page.input_value("#entry")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    report(page)


def test_skills_are_matched_with_roles_without_script(opened: OPENED) -> None:
    page = opened("/gap", java_script_enabled=False, viewport={"width": 360, "height": 800})
    page.fill("#profile", "Python, OpenCV\nan unheard-of skill")
    follow(page, "button:has-text('Match')")
    assert page.locator("section.band h2 a").first.inner_text() == "Computer Vision Engineer"
    assert "an unheard-of skill" in page.locator("dl.facts").inner_text()
    assert "unheard" not in page.url
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_pasted_titles_are_matched_confirmed_and_saved_without_script(opened: OPENED) -> None:
    page = opened("/match", java_script_enabled=False, viewport={"width": 360, "height": 800})
    page.fill("#texts", "AI Architect\n\n=Deep Learning Engineer of a very-long-department-name-without-blanks-in-it\nzzzqqq")
    follow(page, "main button:has-text('Match')")
    assert page.url.endswith("/match")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.locator("fieldset").count() == 3
    assert page.locator("input:checked").evaluate_all("all => all.map(each => each.value)") == ["https://w3id.org/rolegraph/role/ai-architect"]
    page.get_by_role("group", name="=Deep Learning").get_by_role("radio").first.check()
    with page.expect_download() as saving:
        page.click("button:has-text('CSV')")
    rows = list(csv.DictReader(Path(saving.value.path()).read_text("utf-8").splitlines()))
    assert (saving.value.suggested_filename, [row["decision"] for row in rows]) == ("mapping.csv", ["accept", "none", "accept", "none"])
    assert rows[2]["text"].startswith("'=Deep")
    assert rows[2]["id"].endswith("/deep-learning-engineer")


def test_the_pages_of_matching_can_be_used_by_everybody(opened: OPENED) -> None:
    page = opened("/match")
    report(page)
    page.fill("#texts", "AI Architect\nbuilder of deep nets\nzzzqqq")
    page.emulate_media(color_scheme="light")
    follow(page, "main button:has-text('Match')")
    report(page)


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
    follow(page, "button:has-text('Run')")
    assert page.locator("table.data tbody tr").count() == 6
    follow(page, "table.data a:has-text('role:ai-architect')")
    assert page.locator("h1").inner_text() == "AI Architect"


def test_a_canned_query_is_asked_on_its_page_and_opened_in_the_editor(opened: OPENED) -> None:
    page = opened("/queries/items-missing", java_script_enabled=False)
    page.select_option("#p-from", "ai-programmer")
    page.select_option("#p-to", "ai-architect")
    follow(page, "button:has-text('Run')")
    rows = page.locator("table.data tbody tr").count()
    assert rows > 5
    follow(page, "text=Open in the SPARQL editor")
    assert page.locator("table.data tbody tr").count() == rows


def test_an_item_leads_to_the_statements_behind_it(opened: OPENED) -> None:
    page = opened(TWO)
    follow(page, "#tools .matrix .marks")
    assert "Which statements support this claim" in page.locator("h1").inner_text()
    follow(page, "table.data tbody a")
    page.wait_for_selector("tr:target")


def test_shared_and_single_items_differ_without_colour(opened: OPENED) -> None:
    page = opened(TWO, forced_colors="active")
    for section in ("responsibilities", "skills", "tools"):
        heads = page.locator(f"#{section} .spread").all_inner_texts()
        assert heads[0].startswith("● Shared by both")
        assert all(head.startswith("≈ Near") for head in heads[1:-2])
        assert heads[-2].startswith("○ Only AI Architect")
        assert heads[-1].startswith("○ Only Deep Learning Engineer")


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
    follow(page, ".quick button")
    assert page.locator(".hits h2").first.inner_text() == "Deep Learning Engineer"
    page.select_option("#f-kind", "skill")
    follow(page, ".finder button")
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
