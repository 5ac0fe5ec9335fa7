"""The same sweep as a table for the terminal, Markdown, JSON and a page."""

import io
import json
import pkgutil
import re

import fastjsonschema
import pytest
from browser import DESKTOP, PHONE
from sweep.conftest import grid

from nanhunt.report.sweep import markdown, page, print_sweep
from nanhunt.report.sweep_progress import display
from nanhunt.sweep.plan import plan
from nanhunt.sweep.record import Sweep
from nanhunt.sweep.result import Result

HOSTILE = "</script><img src=x onerror=alert(1)>|[bold]`\x1b[2J"


@pytest.fixture
def sweep(swept):
    return swept(grid("nan@2", "lives", "fails", title="Three ways to end"))


def printed(sweep):
    stream = io.StringIO()
    print_sweep(sweep, stream)
    return stream.getvalue()


def hostile():
    asked = grid(HOSTILE, "lives", title=HOSTILE)
    runs = plan(asked, "1.0")
    return Sweep(asked, "1.0", tuple(runs), {runs[0].key: Result("failed", error=HOSTILE, losses=((0, 1.0),))})


def test_the_terminal_has_80_columns_and_every_run(sweep):
    text = printed(sweep)
    table = [line for line in text.splitlines() if not line.startswith("nanhunt replay")]
    assert max(map(len, table)) <= 80
    assert "checkname nan@2 epoch 0 it. 2 log      log-of-zero loss only  1.900" in text
    assert "none in 4" in text and "checkname fails, seed 0: failed: the disk is full" in text
    assert "- 1 failed of 3 runs, of which nothing else is said here" in text


def test_markdown_has_a_row_a_run(sweep):
    lines = markdown(sweep).splitlines()
    assert lines[0] == "Three ways to end"
    rows = [line for line in lines if line.startswith("| checkname")]
    assert len(rows) == 3 and all(line.count("|") == 8 for line in rows)
    assert rows[0].endswith("| 0 | epoch 0 it. 2 | log | log-of-zero | loss only | 1.900 |")


def test_json_is_what_the_schema_says(sweep):
    body = json.loads(json.dumps(sweep.to_json(), allow_nan=False))
    schema = json.loads(pkgutil.get_data("nanhunt", "schemas/sweep.schema.json").decode("utf-8"))
    finding = json.loads(pkgutil.get_data("nanhunt", "schemas/finding.schema.json").decode("utf-8"))
    check = fastjsonschema.compile(schema)
    check(body)
    fastjsonschema.compile(finding)(body["runs"][0]["finding"])
    check(json.loads(json.dumps(hostile().to_json())))
    assert [run["status"] for run in body["runs"]] == ["found", "finite", "failed"]
    body["runs"][0]["status"] = "fine"
    with pytest.raises(fastjsonschema.JsonSchemaException):
        check(body)


def test_the_page_is_whole_and_has_a_curve_a_run(sweep):
    text = page(sweep)
    assert text.count("<td data-key") == 3 and text.count("<polyline") == 2 and text.count("<line ") == 1
    assert "Three ways to end" in text and "log-of-zero" in text


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_the_page_in_a_browser(opened, sweep, tmp_path, width):
    (tmp_path / "sweep.html").write_text(page(sweep), encoding="utf-8")
    (tmp_path / "hostile.html").write_text(page(hostile()), encoding="utf-8")
    for name in ("sweep", "hostile"):
        seen = opened(tmp_path / f"{name}.html", width)
        assert seen.requests == [] and seen.errors == [] and not seen.scrolls_sideways()
    seen = opened(tmp_path / "sweep.html", width)
    assert seen.column("#runs", 7) == ["1.900", "1.700", ""]
    seen.page.locator("#runs th button").nth(6).click()
    assert seen.column("#runs", 7) == ["1.700", "1.900", ""]
    seen.page.locator("#runs th button").nth(2).click()
    seen.page.locator("#runs th button").nth(2).click()
    assert seen.column("#runs", 3)[-1] == "epoch 0 it. 2"


def test_strings_from_outside_are_text_everywhere():
    sweep = hostile()
    assert "<img" not in page(sweep) and page(sweep).count("</script>") == 1
    assert all(line.count("|") - line.count("\\|") == 8 for line in markdown(sweep).splitlines() if line.startswith("| check"))
    assert "[bold]" in printed(sweep) and not any("\x1b" in text for text in (printed(sweep), page(sweep), markdown(sweep)))


def test_progress_elsewhere_than_on_a_terminal_is_lines(sweep):
    stream = io.StringIO()
    with display(3, 4, stream) as audience:
        for run in sweep.runs:
            audience.started(run)
            audience.ended(run, sweep.results[run.key], False)
    lines = stream.getvalue().splitlines()
    assert len(lines) == 6
    assert lines[1].startswith("[1/3] checkname nan@2, seed 0: epoch 0 it. 2 (log-of-zero), ")
    assert re.match(r"\[3/3\] checkname fails, seed 0: failed: the disk is full, \d+ s", lines[5])
