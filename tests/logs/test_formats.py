"""Every format is read back: what was written, where it went non-finite, whatever ends the lines or stands between them."""

import bz2
import gzip
import lzma
import math
import tracemalloc

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from writers import KINDS, Step, steps

from nanhunt.logs.log import read_log
from nanhunt.logs.summary import summarise

LOSSES = st.lists(
    st.one_of(st.floats(0.01, 99), st.sampled_from([math.nan, math.inf, -math.inf])), min_size=3, max_size=30
).filter(lambda losses: any(math.isfinite(loss) for loss in losses))

each_kind = pytest.mark.parametrize("name", sorted(KINDS))
quickly = settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def check(summary, kind, losses):
    """What was told is what was written."""
    rows = steps(losses)
    bad = [row for row in rows if not math.isfinite(row.loss)]
    assert kind.format in summary.log.formats
    if not bad:
        assert summary.first is None
        return
    first = bad[0]
    assert summary.series.name == kind.loss
    assert summary.first.place == (first.epoch + kind.epoch, first.iteration + kind.iteration)
    assert repr(summary.first.value) == repr(first.loss)
    assert summary.series.bad == len(bad)
    assert [each.epoch - kind.epoch for each in summary.series.epochs] == sorted({row.epoch for row in bad})
    before = rows[: rows.index(first)]
    if before:
        assert summary.last_finite.value == pytest.approx(before[-1].loss, abs=0.006, rel=0.01)
    else:
        assert summary.last_finite is None


@each_kind
@quickly
@given(losses=LOSSES, end=st.sampled_from(["\n", "\r\n"]))
def test_what_was_written_is_read_back(tmp_path, name, losses, end):
    path = tmp_path / "train.log"
    path.write_bytes((end.join(KINDS[name].write(steps(losses))) + end).encode("utf-8"))
    check(summarise(read_log(path)), KINDS[name], losses)


@each_kind
def test_between_other_lines_colours_and_bars(told, name):
    losses = [2.0, 1.9, 1.8, math.nan, 1.7, 1.6, 1.5, 1.4, 1.3, 1.2]
    lines = []
    for line in KINDS[name].write(steps(losses)):
        lines += [
            "\x1b[32mINFO\x1b[0m saving model.params, 3 files",
            line,
            "",
            "Loading ── 12 of them \x07",
            "(0): Conv2D(3 -> 64)",
        ]
    check(told(lines), KINDS[name], losses)


@each_kind
@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress], ids=["gzip", "bzip2", "xz"])
def test_packed_is_the_same(told, name, pack):
    losses = [2.0, math.inf, 1.8, 1.7]
    text = "\n".join(KINDS[name].write(steps(losses))).encode("utf-8")
    check(told(pack(text)), KINDS[name], losses)


@each_kind
def test_one_format_inside_the_file_of_another(told, name):
    """Lines of a few readings within a longer log: both are told of, and neither's values are taken for the other's."""
    other = "json-lines" if name != "json-lines" else "module"
    long_rows = steps([2.0 - i / 100 for i in range(60)])
    lines = KINDS[other].write(long_rows)
    lines[30:30] = KINDS[name].write(steps([5.0, 4.0, math.nan]))
    summary = told(lines)
    assert set(summary.log.formats) >= {KINDS[name].format, KINDS[other].format}
    assert summary.run.format.name == KINDS[name].format
    assert summary.first.place.iteration == 2 + KINDS[name].iteration


def test_utf_16_as_windows_redirects(told):
    losses = [2.0, math.nan, 1.0]
    text = "\r\n".join(KINDS["plain"].write(steps(losses)))
    check(told(text.encode("utf-16")), KINDS["plain"], losses)


@pytest.mark.parametrize(
    "text", ["nan", "NaN", "-nan", "NAN", "-nan(ind)", "-1.#IND", "1.#QNAN", "tensor(nan, device='cuda:0')"]
)
def test_every_spelling_of_nan(told, text):
    summary = told(["step %d: loss=2.5" % i for i in range(3)] + ["step 3: loss=%s" % text])
    assert summary.first.place.iteration == 3


@pytest.mark.parametrize(
    "line, place, name, value",
    [
        ("Train Epoch: 3 [640/60000 (1%)]\tLoss: nan", (3, 640), "Loss", "nan"),
        ("iter 250: loss nan, time 101.5ms, mfu 3.1%", (None, 250), "loss", "nan"),
        ("step 500: train loss inf, val loss 2.0", (None, 500), "train loss", "inf"),
        ("Epoch [2][50/7330]\tlr: 1.978e-02, eta: 1 day, 1:00:00, loss_cls: 0.9, loss: nan", (2, 50), "loss", "nan"),
        ("[1/25][100/500]\tLoss_D: nan\tLoss_G: 3.2", (1, 100), "Loss_D", "nan"),
        ("Epoch [1/5], Step [100/600], Loss: nan", (1, 100), "Loss", "nan"),
        ("update 7 grad_norm=inf loss=0.3", (None, 7), "grad_norm", "inf"),
        ("[Epoch 3] train=0.91 val=0.9 loss=nan time: 12.1", (3, None), "loss", "nan"),
        ("Epoch[4] Train-cross-entropy=nan", (4, None), "cross-entropy", "nan"),
        ("Epoch[005] Batch [0100]/[0500]\tSpeed: 9.0 samples/sec\t acc=0.1\t loss=nan\t lr=0.01", (5, 100), "loss", "nan"),
        ("Epoch[0] Rank[1] Batch[50]\tloss=nan\tlr=0.1", (0, 50), "loss", "nan"),
        ('10:00:01 {"epoch": 1, "step": 3, "train": {"loss": "NaN"}}', (1, 3), "train/loss", "nan"),
    ],
)
def test_lines_as_known_programs_print_them(told, line, place, name, value):
    summary = told([line])
    assert summary.first.place == place and summary.series.name == name and repr(summary.first.value) == value


@pytest.mark.parametrize(
    "lines",
    [
        ["step %d: loss=2.5 speed=nan eta=inf" % i for i in range(3)],
        ["epoch %d, iter 1, loss=0.5, accuracy=nan" % i for i in range(3)],
        ["step,loss,best_val"] + ["%d,0.5,nan" % i for i in range(3)],
        ["Epoch[0] Validation-accuracy=nan", "Epoch[0] Batch [20]\tSpeed: nan samples/sec\tloss=0.1"],
    ],
    ids=["speed", "a score", "a column that never was a number", "validation of nothing"],
)
def test_what_is_no_loss_is_not_accused(told, lines):
    assert told(lines).first is None


def test_a_line_without_end_and_a_very_long_one(told):
    summary = told(b"x" * 5_000_000 + b"\nstep 1: loss=0.5\nstep 2: loss=nan")
    assert summary.first.line == 3 and not summary.log.whole


def test_memory_does_not_grow_with_the_log(tmp_path):
    path = tmp_path / "long.log"
    peaks = []
    for count in (8_000, 24_000):
        rows = [Step(i // 100, i % 100, math.nan if i % 7 == 0 else 0.5) for i in range(count)]
        path.write_text("\n".join(KINDS["nanhunt-train"].write(rows)))
        tracemalloc.start()
        read_log(path)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.3 * peaks[0]
