"""Strings that want to be more than text: in a dump's names, paths, environment and finding."""

import copy
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from nanhunt.backends.base import load
from nanhunt.cli import main
from nanhunt.dump.reader import DumpReader
from nanhunt.dump.writer import write
from nanhunt.replay.explain import explain
from nanhunt.report.html import render
from nanhunt.report.page import page_of
from nanhunt.report.plain import Redactor, visible
from nanhunt.report.reading import finding_of

HOSTILE = (
    "<script>window.pwned = 1</script>",
    "\"><img src=x onerror='window.pwned=1'>",
    "' autofocus onfocus='window.pwned=1",
    "</script><script>window.pwned = 1</script>",
    "</title></svg></style><b>",
    "<!--<script>",
    "]]>",
    "javascript:window.pwned=1",
    "{{ 7 * 7 }}{% raw %}",
    "\u202egpj.exe",
    "\u2066\u200b\u2028",
    "\x00\x07\x1b[2J\x1b]0;pwned\x07\x9b",
    "a\nb\r\nc\td",
    "\ud800",
    "&lt;",
)


@pytest.fixture(scope="module")
def hostile(dumps, tmp_path_factory):
    """A dump of which every text that can be anything is one of HOSTILE, in turn."""
    turn = [0]

    def text():
        turn[0] += 1
        return HOSTILE[turn[0] % len(HOSTILE)]

    with DumpReader(dumps["segmentation"]) as reader:
        record = reader.record
        finding = copy.deepcopy(dict(record.finding))
        finding.update(cause=text(), why="".join(HOSTILE), proof=text(), chain=[one + " -> " + text() for one in HOSTILE])
        finding["producer"].update({key: text() for key in ("op", "block", "source", "file", "value")})
        finding["fixes"] = [{"do": one, "tried": i % 2 == 0, "result": text()} for i, one in enumerate(HOSTILE)]
        iteration = copy.deepcopy(dict(record.iteration))
        for each in iteration["samples"]:
            each.update(path=text(), draws={one: text() for one in HOSTILE})
        iteration["warnings"] = [{"kind": text(), "step": 1, "text": one, "trend": []} for one in HOSTILE]
        environment = dict(record.environment, command=list(HOSTILE), folder=text(), mxnet=text(), platform=text())
        environment["variables"] = {one: text() for one in HOSTILE}
        graph = copy.deepcopy(dict(record.graph))
        for node in graph["nodes"]:
            if node["op"] != "null":
                node.update(block=text(), source=text())
        hurt = replace(record, finding=finding, iteration=iteration, environment=environment, graph=graph)
        runup = copy.deepcopy(dict(record.runup))
        runup["tensors"] = [[kind, text(), device, measure] for kind, _, device, measure in runup["tensors"]]
        hurt = replace(hurt, runup=runup)
        path = tmp_path_factory.mktemp("hostile") / "a'b\"<i>&.h5"
        write(hurt, path)
    return path


@pytest.fixture(scope="module")
def texts(hostile, tmp_path_factory):
    """The pages of it: what the dump holds, and with a replay whose words are hostile too."""
    folder = tmp_path_factory.mktemp("pages")
    assert main(["report", str(hostile), "--no-replay", "-o", str(folder / "dump.html")]) == 0
    with DumpReader(hostile) as reader:
        explanation = explain(reader.record, load())
        finding = finding_of(reader.record)
        page = page_of(hostile, reader.record, finding, replace(explanation, finding=finding), explanation.comparison)
        (folder / "replay.html").write_text(render(page), encoding="utf-8")
    return [folder / "dump.html", folder / "replay.html"]


def test_no_markup_and_nothing_hidden_comes_of_a_text(texts):
    for path in texts:
        text = path.read_text(encoding="utf-8")
        assert text.count("<script") == 2 and text.count("</script>") == 2
        assert "<img" not in text and "<b>\n" not in text and "<!--" not in text
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]", text)
        assert not re.search(r'href="javascript', text)
        assert "\\u202egpj.exe" in text and "{{ 7 * 7 }}" in text


def test_the_json_in_it_is_still_the_finding(texts, hostile):
    with DumpReader(hostile) as reader:
        expected = finding_of(reader.record).to_json()
    for path in texts:
        body = re.search('id="finding">(.*?)</script>', path.read_text(encoding="utf-8"), re.DOTALL).group(1)
        assert json.loads(body) == json.loads(json.dumps(expected))


def test_nothing_runs_in_the_browser(texts, opened):
    for path in texts:
        seen = opened(path, 390)
        assert seen.page.evaluate("window.pwned") is None
        assert seen.requests == [] and seen.errors == []
        assert not seen.scrolls_sideways()


def test_the_terminal_gets_no_control_characters(hostile, tmp_path, capsys):
    assert main(["report", str(hostile), "--no-replay", "-o", str(tmp_path / "page.html")]) == 0
    out = capsys.readouterr().out
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]", out)


@pytest.mark.parametrize(
    "wrong",
    [
        {"producer": {"phase": "forward", "sample": "0"}},
        {"producer": {"phase": "forward", "shape": [2, "3"]}},
        {"producer": {"phase": "forward", "index": [-1]}},
        {"iteration": None},
        {"iteration": {"epoch": "0"}},
        {"why": ["a"]},
        {"fixes": [1]},
        {"chain": [1]},
        {"spread": {"loss": "yes"}},
        {"producer": ["forward"]},
    ],
    ids=str,
)
def test_a_finding_that_is_none_is_refused_in_one_line(dumps, tmp_path, capsys, wrong):
    with DumpReader(dumps["segmentation"]) as reader:
        write(replace(reader.record, finding=dict(reader.record.finding, **wrong)), tmp_path / "wrong.h5")
    assert main(["report", str(tmp_path / "wrong.h5"), "--no-replay"]) == 1
    error = capsys.readouterr().err
    assert "finding" in error and len(error.splitlines()) == 1


def test_visible_leaves_ordinary_text_alone():
    for text in ("images/né.jpg", "日本語", "a b", "עברית", "\U0001f600"):
        assert visible(text) == text
    assert visible("\x1b[31m\u202e\U000e0041") == "\\x1b[31m\\u202e\\U000e0041"


def test_the_longest_secret_is_taken_out_whole():
    redactor = Redactor(["images", "images/0001.jpg", "x"])
    assert redactor.json({"a": ["images/0001.jpg x", 1]}) == {"a": ["(left out) x", 1]}


def test_a_path_that_a_shell_would_take_apart_is_quoted(dumps, tmp_path):
    path = tmp_path / "it's; rm -rf $HOME.h5"
    path.write_bytes(Path(dumps["singularity"]).read_bytes())
    assert main(["report", str(path), "--no-replay", "-o", str(tmp_path / "page.html")]) == 0
    assert "it&#39;&#34;&#39;&#34;&#39;s; rm -rf $HOME.h5&#39;" in (tmp_path / "page.html").read_text(encoding="utf-8")
