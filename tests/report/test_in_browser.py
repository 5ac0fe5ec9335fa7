"""The page in a real browser."""

import json

import pytest
from browser import DESKTOP, PHONE


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
@pytest.mark.parametrize("name", ["segmentation", "singularity"])
def test_it_opens_without_requests_or_errors_and_does_not_scroll_sideways(opened, pages, name, width):
    seen = opened(pages[name], width)
    assert seen.requests == [] and seen.errors == []
    assert not seen.scrolls_sideways()


def test_the_picture_is_there_and_its_marks_can_be_taken_off(opened, pages):
    page = opened(pages["segmentation"]).page
    assert page.locator("#picture #photo").bounding_box()["width"] > 100
    marks = page.locator("#marks")
    assert marks.is_visible()
    page.get_by_label("bad places").uncheck()
    assert not marks.is_visible()


def test_the_curves_and_the_chain_are_there(opened, pages):
    page = opened(pages["segmentation"]).page
    assert page.locator("#chain .producer").count() == 1
    charts = page.locator("svg.chart")
    assert charts.count() >= 3
    assert all(box["width"] > 200 for box in (charts.nth(i).bounding_box() for i in range(charts.count())))
    assert page.locator(".curve").count() > 6


def test_tables_sort_by_a_heading_and_back(opened, pages):
    seen = opened(pages["segmentation"])
    button = seen.page.locator("#operators th button").nth(0)
    before = seen.column("#operators", 1)
    assert before == sorted(before, key=int)
    button.click()
    assert seen.column("#operators", 1) == before
    button.click()
    assert seen.column("#operators", 1) == before[::-1]
    assert seen.page.locator("#operators th").nth(0).get_attribute("aria-sort") == "descending"


def test_words_sort_as_words(opened, pages):
    seen = opened(pages["segmentation"])
    seen.page.locator("#operators th button").nth(1).click()
    names = seen.column("#operators", 2)
    assert names == sorted(names, key=str.lower) and len(names) > 3


def test_machines_find_the_finding_in_it(opened, pages):
    page = opened(pages["singularity"]).page
    found = json.loads(page.locator("script#finding").text_content())
    assert (found["cause"], found["producer"]["op"], found["producer"]["phase"]) == ("gradient-singularity", "sqrt", "backward")


def test_both_colour_schemes_differ(opened, pages):
    colours = [
        opened(pages["singularity"], color_scheme=scheme).page.evaluate("getComputedStyle(document.body).backgroundColor")
        for scheme in ("light", "dark")
    ]
    assert colours[0] == "rgb(255, 255, 255)" and colours[1] != colours[0]
