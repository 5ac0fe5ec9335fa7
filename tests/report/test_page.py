"""What stands on the page, with and without a replay, with and without what cannot be shared."""

import json
import os
import re
import subprocess
import sys

import pytest

from nanhunt.cli import main
from nanhunt.dump.reader import DumpReader


@pytest.fixture
def page(tmp_path):
    """Make a page and return its text."""

    def make(dump, *options):
        assert main(["report", str(dump), "-o", str(tmp_path / "page.html"), *options]) == 0
        return (tmp_path / "page.html").read_text(encoding="utf-8")

    return make


def machine(text):
    return json.loads(re.search('<script type="application/json" id="finding">(.*?)</script>', text, re.DOTALL).group(1))


def test_it_says_what_the_dump_says(dumps, pages):
    text = pages["segmentation"].read_text(encoding="utf-8")
    with DumpReader(dumps["segmentation"]) as reader:
        assert machine(text) == json.loads(json.dumps(dict(reader.record.finding)))
    assert "softmax-underflow in log" in text and "bit-identical" in text
    assert "nanhunt replay %s" % dumps["segmentation"] in text
    assert text.count("data:image/png;base64,") == 3  # the photo, the marks, the label


def test_it_is_one_file_without_addresses_to_load(pages):
    for path in pages.values():
        text = path.read_text(encoding="utf-8")
        assert not re.search(r'(src|href)="(?!data:|#|https://github\.com/)', text)
        assert not re.search(r"@import|url\(|<iframe|<object|<embed|\son\w+=", text)
        assert "default-src 'none'" in text


def test_a_second_page_of_the_same_dump_is_the_same(page, dumps, pages):
    assert page(dumps["singularity"]) == pages["singularity"].read_text(encoding="utf-8")


def test_from_the_dump_alone(page, dumps):
    text = page(dumps["segmentation"], "--no-replay")
    assert "--no-replay" in text and machine(text)["cause"] == "softmax-underflow"
    assert 'id="chain"' in text and 'class="box producer"' in text and 'class="chart"' in text
    assert "Marked is the first of" in text and 'id="operators"' not in text


def test_where_the_framework_is_missing_the_page_is_made_of_the_dump_and_says_so(dumps, tmp_path):
    code = "import sys; sys.modules['mxnet'] = None; from nanhunt.cli import main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", code, "report", str(dumps["segmentation"]), "-o", str(tmp_path / "page.html")]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, done.stdout
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "without a replay" in text and "mxnet" in text and machine(text)["cause"] == "softmax-underflow"


def test_without_images(page, dumps):
    text = page(dumps["segmentation"], "--no-images")
    assert "data:image" not in text and "--no-images" in text
    assert "images/0030.jpg" in text or "images/00" in text


def test_without_paths(page, dumps):
    with DumpReader(dumps["segmentation"]) as reader:
        paths = [each["path"] for each in reader.record.iteration["samples"]]
    text = page(dumps["segmentation"], "--no-images", "--no-paths")
    assert paths and all(os.sep in each for each in paths)
    # The program is in the recorded command; under pytest-xdist it is no path but `-c`.
    for secret in (*paths, str(dumps["segmentation"].parent), *([sys.argv[0]] if os.sep in sys.argv[0] else [])):
        assert secret not in text
    assert "(left out)" in text


def test_replay_writes_the_same_page(dumps, pages, tmp_path):
    assert main(["replay", str(dumps["segmentation"]), "--no-try", "--html", str(tmp_path / "replay.html")]) == 0
    one, other = pages["segmentation"].read_text(encoding="utf-8"), (tmp_path / "replay.html").read_text(encoding="utf-8")
    assert machine(one)["why"] == machine(other)["why"]
    assert re.search('<svg id="picture".*?</svg>', one, re.DOTALL).group() in other


def test_the_page_is_beside_the_dump_where_nobody_says_where(dumps, capsys):
    assert main(["report", str(dumps["singularity"]), "--no-replay"]) == 0
    beside = dumps["singularity"].with_suffix(".html")
    assert beside.is_file() and str(beside) in capsys.readouterr().out.replace("\n", "")


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (["no-such.h5"], 1, "no such file"),
        (["{dump}", "-o", "{folder}/none/page.html"], 2, "Expected a folder for --output"),
        (["{dump}", "-o", "{dump}"], 2, "another file than the dump"),
        (["{dump}", "-o", "{folder}", "--no-replay"], 1, "cannot write the report"),
        (["{text}"], 1, "not a nanhunt dump"),
    ],
)
def test_bad_input_is_one_line(dumps, tmp_path, capsys, options, code, words):
    (tmp_path / "text.h5").write_text("text")
    names = {"dump": dumps["singularity"], "folder": tmp_path, "text": tmp_path / "text.h5"}
    assert main(["report", *(each.format(**names) for each in options)]) == code
    error = capsys.readouterr().err
    assert words in error and len(error.splitlines()) == 1
