"""The system's Chromium, driven by Playwright, for tests of pages: `tests/conftest.py` takes its fixtures from here."""

import shutil
from pathlib import Path

import pytest

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--no-first-run",
)
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

PHONE, DESKTOP = 390, 1280
"""Widths in CSS pixels."""


class Opened:
    """A page in the browser, and what it did.

    Attributes:
        page: Playwright's.
        requests: addresses that it asked for beyond itself; `data:` is none.
        errors: what it wrote to the console as an error, and exceptions.
    """

    def __init__(self, context, address):
        self.requests, self.errors = [], []
        self.page = context.new_page()
        self.page.on("request", lambda request: self._asked(request.url, address))
        self.page.on("console", lambda message: self.errors.append(message.text) if message.type == "error" else None)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.goto(address, wait_until="load")

    def _asked(self, url, address):
        if url.partition("#")[0] != address and not url.startswith("data:"):
            self.requests.append(url)

    def scrolls_sideways(self):
        """Whether the page is wider than the window."""
        return self.page.evaluate("document.documentElement.scrollWidth > window.innerWidth")

    def column(self, table, number):
        """The texts of one column of a table, from the top."""
        return self.page.locator(f"{table} tbody tr td:nth-child({number})").all_inner_texts()


@pytest.fixture(scope="session")
def browser():
    """The system's Chromium; the test is skipped, with the reason, where there is none."""
    api = pytest.importorskip("playwright.sync_api", reason="no playwright here: the extra `browser` brings it (Python 3.8 on)")
    path = next((found for found in map(shutil.which, NAMES) if found), None)
    if path is None:
        pytest.skip("no Chromium on this machine (Debian: apt-get install chromium)")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture
def opened(browser):
    """Open a file, or an address, at a width; returns an Opened."""
    contexts = []

    def open_it(path, width=DESKTOP, **options):
        context = browser.new_context(viewport={"width": width, "height": 844}, **options)
        contexts.append(context)
        address = path if isinstance(path, str) else Path(path).resolve().as_uri()
        return Opened(context, address)

    yield open_it
    for context in contexts:
        context.close()
