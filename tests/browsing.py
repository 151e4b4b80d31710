"""Opens pages in a browser; whatever a page asks of other servers, and whatever goes wrong in it, fails the test."""

import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Request, sync_playwright

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
TWO = "/compare?role=ai-architect&role=deep-learning-engineer"
SIX = (
    "/compare?role=ai-architect,ai-programmer,computer-vision-engineer,deep-learning-engineer,"
    "machine-learning-engineer,machine-learning-software-engineer"
)
OPENED = Callable[..., Page]


def launched() -> Iterator[Browser]:
    """Yield a browser without a window."""
    path = next((found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None)
    if path is None:
        pytest.skip("no Chromium found: these tests need one, such as Debian's package chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


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


def follow(page: Page, selector: str) -> None:
    """Click the first of what leads to another page, and wait until that is there."""
    with page.expect_navigation():
        page.locator(selector).first.click()


def report(page: Page) -> None:
    """Check the rules of accessibility, and the contrast of the dark colours too."""
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    page.emulate_media(color_scheme="dark")
    found = Axe().run(page, options={"runOnly": ["color-contrast"]})
    assert found.violations_count == 0, f"dark: {found.generate_report()}"
