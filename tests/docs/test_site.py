"""The site in a browser: whole, from this folder alone, and readable on a phone."""

import functools
import http.server
import os
import subprocess
import threading

import pytest
from blocks import ROOT

MKDOCS = ROOT / ".venv-docs" / "bin" / "mkdocs"
PHONE = 390


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The folder of a site that was built just now."""
    if not MKDOCS.is_file():
        pytest.skip("no environment for the documentation here: `make docs` makes it")
    folder = tmp_path_factory.mktemp("site")
    environment = dict(os.environ, NO_MKDOCS_2_WARNING="1", PYTHONPATH=str(ROOT))
    done = subprocess.run(
        [str(MKDOCS), "build", "--strict", "--quiet", "--site-dir", str(folder)],
        cwd=str(ROOT),
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    return folder


@pytest.fixture(scope="module")
def served(site):
    """Its address on this machine."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(site)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield "http://127.0.0.1:%d/" % server.server_port
    server.shutdown()
    server.server_close()


def pages_of(site):
    return sorted(page.relative_to(site).as_posix() for page in site.rglob("*.html") if page.name != "404.html")


def test_every_page_fits_a_phone_and_loads_nothing_from_elsewhere(site, served, browser):
    context = browser.new_context(viewport={"width": PHONE, "height": 844})
    view = context.new_page()
    asked, wide = [], []
    view.on("request", lambda request: asked.append(request.url))
    for page in pages_of(site):
        view.goto(served + page, wait_until="load")
        if view.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            wide.append(page)
    context.close()
    assert len(pages_of(site)) > 25
    assert not wide
    assert {url for url in asked if not url.startswith((served, "data:"))} == set()


def test_a_page_opens_without_a_server(site, opened):
    seen = opened(site / "tutorial.html")
    assert seen.page.locator("h1").first.inner_text().startswith("Days go by")
    assert all(url.startswith(site.as_uri()) for url in seen.requests)
    widths = "Array.from(document.images).map(image => image.complete && image.naturalWidth)"
    seen.page.evaluate("Array.from(document.images).forEach(image => image.loading = 'eager')")
    seen.page.wait_for_function("%s.every(Boolean)" % widths)


def test_the_search_finds_a_cause(served, opened):
    seen = opened(served + "index.html", width=1280)
    seen.page.locator("input.md-search__input").click()
    seen.page.locator("input.md-search__input").type("underflow")
    found = seen.page.locator(".md-search-result__link")
    found.first.wait_for()
    assert any("causes.html" in (link.get_attribute("href") or "") for link in found.all())


def test_the_reference_has_every_command_and_schema(site):
    from nanhunt.cli import COMMANDS

    text = (site / "reference" / "cli.html").read_text(encoding="utf-8")
    assert all('id="%s"' % command.name in text for command in COMMANDS)
    assert "--on-nonfinite {raise,skip,warn}" in text
    schemas = (site / "reference" / "schemas.html").read_text(encoding="utf-8")
    assert "producer.phase" in schemas and "softmax-underflow" in schemas
    api = (site / "reference" / "api.html").read_text(encoding="utf-8")
    assert "history_memory" in api and "DumpDamagedError" in api
