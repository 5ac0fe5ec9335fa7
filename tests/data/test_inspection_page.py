"""`inspect-data --html` and `--write-skip`: what they hold, whatever the files are called, and the page in a real browser."""

import re

import pytest
from browser import DESKTOP, PHONE
from damage import cut_short, masks_of

from nanhunt.cli import main
from nanhunt.data.listing import read_skip
from nanhunt.data.recipe import Recipe
from nanhunt.data.source import Source

HOSTILE = "<img src=x onerror=alert(1)>&.png"


@pytest.fixture
def damaged(copy):
    """Two errors, a duplicate, and a file whose name is markup."""
    cut_short(copy / "images" / "0002.jpg")
    for mask in masks_of(copy, "0003"):
        mask.unlink()
    (copy / "images" / "0005.jpg").write_bytes((copy / "images" / "0004.jpg").read_bytes())
    for mask in masks_of(copy, "0005"):
        mask.unlink()
    for mask in masks_of(copy, "0004"):
        (mask.parent / mask.name.replace("0004", "0005", 1)).write_bytes(mask.read_bytes())
    (copy / "annotations" / HOSTILE).touch()
    return copy


@pytest.fixture
def page(damaged, tmp_path):
    path = tmp_path / "found.html"
    assert main(["inspect-data", "--data-root", str(damaged), "--html", str(path)]) == 3
    return path


def test_the_page_is_whole_and_holds_no_markup_of_a_files_name(page):
    text = page.read_text(encoding="utf-8")
    assert "<img src=x" not in text and "&lt;img src=x onerror=alert(1)&gt;&amp;.png" in text
    assert not re.search(r"""(src|href)=["'](?!data:)""", text)
    for words in ("unreadable", "missing-mask", "duplicate", "upper clothes", "labelled the same"):
        assert words in text
    assert text.count("<figure>") >= 4  # both pictures of the duplicate


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_it_opens_without_requests_or_errors_and_does_not_scroll_sideways(opened, page, width):
    seen = opened(page, width)
    assert seen.requests == [] and seen.errors == []
    assert not seen.scrolls_sideways()


def test_severities_and_masks_are_shown_and_hidden(opened, page):
    seen = opened(page).page
    errors, notes = seen.locator(".of-error"), seen.locator(".of-note")
    assert errors.first.is_visible() and not notes.first.is_visible()
    seen.locator("label[for=note]").click()
    seen.locator("label[for=error]").click()
    assert notes.first.is_visible() and not errors.first.is_visible()
    mask = seen.locator(".of-warning .labels").first
    opacity = "element => Number(getComputedStyle(element).opacity)"
    assert mask.evaluate(opacity) > 0
    seen.locator("label[for=masks]").click()
    assert mask.evaluate(opacity) == 0


def test_good_data_says_that_nothing_was_found(whole, tmp_path):
    assert main(["inspect-data", "--data-root", str(whole), "--html", str(tmp_path / "a.html")]) == 0
    assert "Nothing was found." in (tmp_path / "a.html").read_text(encoding="utf-8")


def test_the_skip_file_names_entries_with_errors_and_training_reads_the_rest(damaged, tmp_path):
    path = tmp_path / "skip.txt"
    assert main(["inspect-data", "--data-root", str(damaged), "--write-skip", str(path)]) == 3
    assert "0002.jpg  # unreadable images/0002.jpg" in path.read_text().splitlines()
    skip = read_skip(path)
    assert skip == ["0002.jpg", "0003.jpg"]
    dataset = Recipe(Source("mhp", damaged)).dataset(skip)
    assert [dataset.read(position).index for position in range(len(dataset))] == list(range(5))
