"""What follows from the readings: healed or not, what was before, silence, and several runs compared."""

import math

import pytest
from writers import KINDS, Step

from nanhunt.logs.comparison import compare
from nanhunt.logs.healing import AT_EPOCH, BY_ITSELF, MIXED, NEVER, OPEN


def epochs(*rows):
    """Steps of epochs given as lists of losses."""
    return [Step(epoch, i, loss) for epoch, losses in enumerate(rows) for i, loss in enumerate(losses)]


GOOD, NAN = [1.0, 0.9, 0.8, 0.7, 0.6], math.nan
STUCK = [1.0, 0.9, NAN, NAN, NAN]
ALONE = [1.0, 0.9, NAN, 0.7, 0.6]
LOST = [NAN] * 5


def write(name, *rows):
    return KINDS[name].write(epochs(*rows))


@pytest.mark.parametrize(
    "rows, kind, bad, healed",
    [
        ([GOOD, STUCK, GOOD], AT_EPOCH, 1, 1),
        ([STUCK, LOST, GOOD, STUCK, GOOD], AT_EPOCH, 3, 3),
        ([STUCK, GOOD, STUCK], AT_EPOCH, 2, 1),
        ([GOOD, ALONE, GOOD], BY_ITSELF, 1, 1),
        ([ALONE, STUCK, GOOD], MIXED, 2, 2),
        ([GOOD, STUCK, LOST, LOST], NEVER, 3, 0),
        ([GOOD, STUCK], OPEN, 1, 0),
    ],
)
def test_whether_it_heals(told, rows, kind, bad, healed):
    healing = told(write("plain", *rows)).healing
    assert (healing.kind, healing.bad_epochs, healing.healed) == (kind, bad, healed)


def test_a_running_mean_is_known_of_a_format_or_inferred_or_not_said(told):
    assert told(write("gluoncv-segmentation", STUCK, GOOD)).healing.mean == "known"
    assert told(write("plain", STUCK, GOOD)).healing.mean == "inferred"
    assert told(write("plain", ALONE, GOOD)).healing.mean == ""
    assert told(write("plain", [1.0, 0.9, 0.8, 0.7, NAN], GOOD)).healing.mean == ""


def test_a_loss_that_comes_back_elsewhere_is_not_said_to_be_well(told):
    well = told(write("plain", GOOD, ALONE, GOOD)).healing
    assert any("so the weights were fine" in each for each in well.inferred)
    ill = told(write("plain", GOOD, [0.5, 0.5, NAN, 2.9, 2.9], [2.9] * 5)).healing
    assert any("another level" in each for each in ill.inferred) and not any("were fine" in each for each in ill.inferred)


@pytest.mark.parametrize(
    "losses, kind",
    [
        ([1.0, 1.1, 0.9, 1.0, 1.05, 0.95, 1.0, NAN], "none"),
        ([1.0, 1.1, 0.9, 1.0, 1.05, 0.95, 9.0, NAN], "jump"),
        ([1.0, 1.1, 0.9, 1.0, 1.05, 2.0, 4.0, 9.0, 30.0, NAN], "growth"),
        ([-5.0, -5.1, -4.9, -5.0, -5.05, -4.95, 9.0, NAN], "jump"),
        ([1.0, NAN], "too-few"),
        ([NAN], "too-few"),
    ],
)
def test_what_was_before_it(told, losses, kind):
    assert told(write("plain", losses)).approach.kind == kind


def test_a_jump_hidden_in_a_running_mean_is_seen(told):
    """Ten iterations of 1, and one of 30 that the mean shows as 3.64."""
    losses = [1.0] * 10 + [(10 * 1.0 + 30.0) / 11, NAN]
    approach = told(write("gluoncv-segmentation", losses)).approach
    assert approach.unrolled and approach.kind == "jump" and approach.last == pytest.approx(30, abs=0.05)


def test_the_rate_is_printed_or_computed_or_the_option(told):
    assert told(write("plain", ALONE)).rate == 0.01
    options = "Namespace(dataset='mhpv1', epochs=2, lr=0.1, warmup_epochs=0, log_interval=1)"
    computed = told([options] + write("gluoncv-segmentation", GOOD, STUCK))
    assert computed.rate_from == "computed" and computed.rate == pytest.approx(0.1 * (1 - 1.4 / 2) ** 0.9)
    assert told(["Namespace(lr=0.3)"] + write("pytorch", STUCK)).rate_from == "option"


def stamped(lines, seconds):
    return ["2026-03-05 %02d:%02d:%02d INFO %s" % (s // 3600, s // 60 % 60, s % 60, line) for s, line in zip(seconds, lines)]


def test_silence_in_the_middle_of_an_epoch_is_told_and_validation_is_not(told):
    lines = write("plain", *[GOOD] * 12)
    regular = [10 * i + 300 * (i // 5) for i in range(60)]  # five minutes of validation after each epoch
    assert told(stamped(lines, regular)).gaps == ()
    hung = [each + (3600 if i >= 33 else 0) for i, each in enumerate(regular)]
    (gap,) = told(stamped(lines, hung)).gaps
    assert gap.seconds == 3610 and gap.line == 33 and not gap.boundary and gap.before == (6, 2)


@pytest.mark.parametrize(
    "stamp",
    [
        "[03/05 10:00:%02d]",
        "I0305 10:00:%02d.123456 7 train.py:5]",
        "10:00:%02d",
        "2026-03-05T10:00:%02d.5Z",
        "Mar  5 10:00:%02d",
    ],
)
def test_times_of_many_loggers(told, stamp):
    lines = [stamp % i + " step %d: loss=0.5" % i for i in range(20)]
    lines += [stamp.replace("10:00", "11:00") % i + " step %d: loss=0.5" % (20 + i) for i in range(5)]
    (gap,) = told(lines).gaps
    assert gap.seconds == pytest.approx(3581) and gap.usual == pytest.approx(1)


def test_a_log_that_breaks_off_and_what_the_program_said(told):
    lines = ["Total Epochs: 30"] + write("gluoncv-segmentation", GOOD, GOOD[:2])
    summary = told(lines + ["Traceback (most recent call last):", "mxnet.base.MXNetError: double free or corruption"])
    assert "epoch 1, iteration 1 of 5, of 30 epochs" in summary.unfinished
    assert summary.log.context.ends[0][1].startswith("mxnet.base.MXNetError")


def test_runs_appended_to_one_file_are_told_apart(told):
    summary = told(write("nanhunt-train", GOOD, GOOD) + write("nanhunt-train", GOOD, STUCK))
    assert [run.first_line for run in summary.log.main] == [1, 11]
    assert summary.first.line == 18 and summary.run is summary.log.main[1]


def test_many_writers_in_one_file_do_not_fill_the_memory(told):
    summary = told([line for _ in range(400) for line in write("plain", [1.0, 0.5])])
    assert len(summary.log.runs) == 100 and summary.log.unsplit


def compared(told, *logs):
    summaries = [told(lines) for lines in logs]
    return compare([(each.log, each.series if each.first else None) for each in summaries])


def test_runs_that_fail_at_several_places_one_place_and_as_one_run(told):
    a = write("plain", GOOD, STUCK)
    b = write("plain", [1.2, 0.93, 0.82, 0.75, 0.61], [0.5, 0.4, NAN, NAN, NAN])
    c = write("plain", [1.2, NAN, NAN, NAN, NAN])
    assert compared(told, a, c).kind == "several-places"
    assert compared(told, a, b).kind == "same-place"
    assert compared(told, a, a).kind == "same-run"
    assert compared(told, a, write("plain", GOOD)).kind == "one-only"
    assert compared(told, write("plain", GOOD), write("plain", GOOD)).kind == "none"


def test_the_seed_s_three_runs_are_chance(told):
    """1705, 2002, 1596 of 3000 with batch size 1 and no shuffle: three runs, three places."""
    logs = [
        [
            "Epoch 0 iteration %04d/3000: training loss %s; learning rate 0.001000" % (i, "nan" if i == at else "0.5")
            for i in range(at + 1)
        ]
        for at in (1705, 2002, 1596)
    ]
    comparison = compared(told, *logs)
    assert [place.iteration for _, place in comparison.places] == [1705, 2002, 1596]
    assert comparison.kind == "several-places"


def test_places_are_compared_as_finely_as_the_logs_allow(told):
    """One run logs each iteration, the other every 20th: 13 and 20 may be the same."""
    fine = ["epoch 0, iter %d, loss=%s" % (i, "nan" if i >= 13 else "0.5") for i in range(40)]
    coarse = ["epoch 0, iter %d, loss=%s" % (i, "nan" if i >= 13 else "0.6") for i in range(0, 60, 20)]
    comparison = compared(told, fine, coarse)
    assert comparison.kind == "same-place" and comparison.resolution == 20


def test_options_that_differ_are_listed(told):
    logs = [
        ["Namespace(lr=%s, model='psp', norm_kwargs={'num_devices': 8})" % lr] + write("plain", STUCK) for lr in ("0.1", "0.2")
    ]
    assert compared(told, *logs).options == {"lr": ("0.1", "0.2")}
