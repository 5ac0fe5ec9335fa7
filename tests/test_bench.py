"""The benchmark's own arithmetic: turns, ratios, verdicts, and the file that it writes; nothing is timed here."""

from collections import Counter
from contextlib import contextmanager

import numpy as np
import pytest
from bench import plot, rendering
from bench.rows import COST, NOISE, SCALING, WATCHED, Row, missing, summary
from bench.timing import AGAIN, BARE, Contender, Pace, interleave, noise, order, ratios

ABOUT = {
    "nanhunt": "0.1.0",
    "mxnet": "1.9.1",
    "python": "3.11.0",
    "cpu": "a CPU",
    "cores": 2,
    "threads": "as MXNet chooses them",
    "numpy": "1.23.5",
    "gluoncv": "0.10.5",
    "h5py": "3.8.0",
    "commit": "",
}


def test_every_contender_is_first_and_last_equally_often_and_follows_each_other_in_both_directions():
    names = ["a", "b", "c"]
    rounds = [order(names, number) for number in range(6)]
    assert Counter(each[0] for each in rounds) == Counter(each[-1] for each in rounds) == dict.fromkeys(names, 2)
    follows = Counter(pair for each in rounds for pair in zip(each, each[1:]))
    assert follows["a", "b"] == follows["b", "a"]


def test_a_turn_warms_up_is_measured_and_closed_and_some_take_part_in_few_rounds():
    done = []

    @contextmanager
    def opened(name):
        done.append("open " + name)
        yield lambda: done.append(name)
        done.append("close " + name)

    contenders = {"a": Contender(lambda: opened("a")), "b": Contender(lambda: opened("b"), every=2)}
    seconds = interleave(contenders, Pace(3, warm=1, measured=2), lambda *_: None)
    assert done[:5] == ["open a", "a", "a", "a", "close a"]
    assert np.isnan(seconds["b"]).tolist() == [False, True, False]


def test_a_ratio_is_against_the_mean_of_both_bare_loops_of_its_round_and_noise_is_one_against_the_other():
    seconds = {BARE: np.array([1.0, 2.0]), AGAIN: np.array([3.0, 2.0]), "some": np.array([4.0, np.nan])}
    assert ratios(seconds, "some").tolist() == [2.0]
    assert noise(seconds).tolist() == [3.0, 1.0]


@pytest.mark.parametrize(
    ("values", "limit", "at_least", "verdict"),
    [
        ([1.0, 1.0, 1.0], 1.01, False, "ok"),
        ([1.0, 1.02, 1.03], 1.01, False, "over?"),
        ([1.0, 1.0, 1.04], 1.01, False, "ok?"),
        ([1.1, 1.1, 1.1], 1.01, False, "over"),
        ([0.8, 0.8, 0.8], 0.9, True, "over"),
        ([0.95, 0.95, 0.95], 0.9, True, "ok"),
        ([7.0], None, False, ""),
    ],
)
def test_a_verdict_says_when_the_limit_lies_between_the_quartiles(values, limit, at_least, verdict):
    assert summary("x", COST, "x", values, limit=limit, at_least=at_least).verdict == verdict


def rows():
    return [
        summary("psp", WATCHED, "PSPNet", [1.0, 1.02, 1.05], limit=1.01, base="900 ms"),
        summary("psp", NOISE, "PSPNet", [0.99, 1.0, 1.01]),
        missing("psp", "instead", "PSPNet: SageMaker Debugger's hook", "smdebug cannot be imported here"),
        summary("help", COST, "nanhunt --help", [0.1], limit=0.2, unit="s"),
        summary("layers", SCALING, "8 layers", [1.1, 1.2], curve="layers", place=8),
        summary("layers", SCALING, "32 layers", [1.1, 1.1], curve="layers", place=32),
    ]


def test_each_version_replaces_its_own_section_and_the_newer_stands_first(tmp_path):
    path = tmp_path / "benchmarks.md"
    for version, date in (("1.4.1", "2026-01-01"), ("1.9.1", "2026-01-02"), ("1.4.1", "2026-01-03")):
        text = rendering.section(rows(), dict(ABOUT, mxnet=version), date, "p.svg", "--quick")
        rendering.write(path, version, text)
    written = path.read_text(encoding="utf-8")
    assert written.startswith(rendering.INTRODUCTION)
    assert "2026-01-01" not in written
    assert written.index("## MXNet 1.9.1\n\n2026-01-02") < written.index("## MXNet 1.4.1\n\n2026-01-03")
    assert "| PSPNet | 1.020 | 1.010 .. 1.035 | ≤ 1.010 | **over" in written
    assert "- PSPNet: SageMaker Debugger's hook: smdebug cannot be imported here." in written


def test_a_row_survives_its_way_through_json():
    row = rows()[0]
    body = row.to_json()
    assert body.pop("verdict") == row.verdict
    assert Row(**body) == row


def test_the_picture_is_drawn_with_what_there_is(tmp_path):
    pytest.importorskip("matplotlib")
    for number, some in enumerate((rows(), rows()[:1], rows()[4:])):
        path = tmp_path / ("%d.svg" % number)
        plot.draw(some, ABOUT, path)
        assert path.read_text(encoding="utf-8").rstrip().endswith("</svg>")
