"""Where growth began, in constructed run-ups: noise, growth that spreads, drifts that are none, single outliers."""

import numpy as np
import pytest

from nanhunt.diagnose.growth import growth_of, verdict_of
from nanhunt.dump.runup import Followed, RunUp
from nanhunt.report.before import run_up_in_words


def run_up(logarithms, kinds=None, first=100):
    """A run-up of sizes given by their natural logarithms, (iterations, tensors)."""
    count, tensors = logarithms.shape
    kinds = kinds or ["activation"] * tensors
    with np.errstate(over="ignore"):
        sizes = np.exp(logarithms).astype(np.float32)
    steps, unknown = np.arange(first, first + count), np.full(count, np.nan)
    return RunUp(
        tuple(Followed(kind, "tensor%d" % k, "cpu(0)", "rms") for k, kind in enumerate(kinds)),
        np.zeros(count, np.int64),
        steps,
        steps,
        np.full(count, -1),
        *[unknown] * 3,
        np.zeros((count, 0), np.int64),
        sizes,
        np.ones(sizes.shape, bool),
    )


def level(seed, count=50, tensors=40, noise=0.4):
    draw = np.random.RandomState(seed)
    return draw.randn(tensors) * 3 + draw.randn(count, tensors) * noise, draw


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("ending", [0.0, 30.0, np.nan])
def test_without_growth_it_is_a_single_event_whatever_the_last_iteration_is(seed, ending):
    values, _ = level(7000 + seed)
    values[-1, 5:] += ending
    assert growth_of(run_up(values)).verdict == "single event"


@pytest.mark.parametrize("seed", range(20))
def test_layer_and_iteration_where_it_began_are_found(seed):
    values, draw = level(8000 + seed)
    begins, layer = draw.randint(10, 40), draw.randint(0, 40)
    values[:, layer:] += np.maximum(np.arange(50) - begins, 0)[:, None] * draw.uniform(0.5, 1.5)
    found = growth_of(run_up(values))
    assert found.verdict == "diverged" and found.first.tensor.name == "tensor%d" % layer
    assert abs(found.first.since - (begins + 1)) <= found.first.within <= 4


def test_where_it_spreads_from_a_later_layer_to_earlier_ones_the_later_one_is_first():
    values, _ = level(9000, noise=0.1)
    time = np.arange(50)
    for layer in range(40):
        values[:, layer] += np.maximum(time - 10 - (39 - layer), 0) * 1.0
    assert growth_of(run_up(values)).first.tensor.name in (
        "tensor39",
        "tensor38",
        "tensor37",
    )  # of those that may have begun together


def test_gradients_are_come_to_from_the_last_to_the_first():
    values, _ = level(9100, tensors=6, noise=0.05)
    values += np.maximum(np.arange(50) - 30, 0)[:, None]
    assert growth_of(run_up(values, ["gradient"] * 6)).first.tensor.name == "tensor5"


def test_what_grew_and_stopped_or_drifts_slowly_or_walks_about_is_no_growth():
    time = np.arange(60)
    stopped = np.minimum(np.maximum(time - 10, 0), 8) * 1.0 - np.maximum(time - 30, 0) * 0.2
    drifting = time * 0.02
    walks = np.random.RandomState(4).randn(60, 12).cumsum(axis=0) * 0.15
    found = growth_of(run_up(np.column_stack([stopped, drifting, walks])))
    assert found.verdict == "single event"


def test_one_outlier_long_before_is_passed_over():
    values, _ = level(9200, tensors=3, noise=0.1)
    values[8] += 12
    assert growth_of(run_up(values)).verdict == "single event"
    values[:, :] += np.maximum(np.arange(50) - 35, 0)[:, None] * 2.0
    assert abs(growth_of(run_up(values)).first.since - 36) <= 1


def test_growth_that_was_under_way_before_the_history_begins_is_said_to_be():
    verdict = verdict_of(run_up(np.arange(30)[:, None] * 0.5 + np.zeros((30, 3))))
    assert verdict.verdict == "diverged" and verdict.before and verdict.since.step <= 102
    assert not verdict_of(run_up(np.maximum(np.arange(30) - 15, 0)[:, None] * 0.5 + np.zeros((30, 3)))).before


def test_few_iterations_say_nothing():
    assert growth_of(run_up(np.arange(5)[:, None] * 3.0)).verdict == "unknown"


@pytest.mark.parametrize("power", [0.5, 1, 2, 3])
@pytest.mark.parametrize("kind", ["parameter", "gradient"])
def test_what_begins_at_zero_and_learns_has_not_diverged(power, kind):
    learns = power * np.log(np.arange(1, 65))
    values, _ = level(9300, count=64, tensors=5, noise=0.2)
    found = growth_of(run_up(np.column_stack([values, learns]), ["activation"] * 5 + [kind], first=0))
    assert found.verdict == "single event"


def test_a_bias_that_learnt_before_all_broke_loose_is_not_named():
    values, _ = level(9400, tensors=3, noise=0.1)
    values += np.maximum(np.arange(50) - 40, 0)[:, None]
    bias = np.log(np.arange(1, 51)) + 1.5 * np.maximum(np.arange(50) - 38, 0)
    found = growth_of(run_up(np.column_stack([bias, values]), ["parameter", "activation", "loss", "gradient"]))
    assert found.first.tensor.kind == "activation" and found.together == 2 and abs(found.first.since - 41) <= 1


@pytest.mark.parametrize("ending", [[5.0, 16.0, 60.0], [4.0, 13.0, 40.0, np.inf], [8.0, 25.0, np.inf, np.inf]])
def test_growth_that_gains_speed_and_is_over_in_three_iterations_is_growth(ending):
    values, _ = level(9500, count=30, tensors=4, noise=0.3)
    values[-len(ending) :] += np.array(ending)[:, None]
    verdict = verdict_of(run_up(values))
    assert verdict.verdict == "diverged" and abs(verdict.since.step - (130 - len(ending))) <= 1


def test_two_large_iterations_are_too_few_to_say_and_that_is_said():
    values, _ = level(9600, count=30, tensors=4, noise=0.3)
    values[-2:] += 20.0
    verdict = verdict_of(run_up(values))
    assert (verdict.verdict, verdict.name, verdict.since.step) == ("unknown", "", 128)
    assert "too few" in run_up_in_words(verdict) and "step 128" in run_up_in_words(verdict)
