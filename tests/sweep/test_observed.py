"""What is said of a sweep: no more than was observed."""

from dataclasses import replace

import pytest
from sweep.conftest import grid

from nanhunt.diagnose.finding import Finding, Position, Spread
from nanhunt.sweep.grid import Grid
from nanhunt.sweep.observed import observations
from nanhunt.sweep.plan import plan
from nanhunt.sweep.result import Result


def nan(step, digest=None, cause="log-of-zero", **spread):
    return Result("found", finding=Finding(Position(0, step, step), cause=cause, spread=Spread(**spread)), digest=digest)


def finite(iterations=9, loss=1.0):
    return Result("finite", iterations=iterations, losses=((0, loss),))


def said(asked, *results):
    runs = plan(asked, "1.0")
    return observations(runs, {run.key: result for run, result in zip(runs, results) if result is not None})


@pytest.mark.parametrize(
    "same_seed, results, sentence",
    [
        (False, [nan(7), nan(9), nan(4)], "non-finite in all 3 runs with different seeds, at different steps (7, 9, 4)"),
        (False, [nan(7), nan(9), nan(7)], "non-finite in all 3 runs with different seeds, at steps (7, 9, 7)"),
        (False, [nan(7), nan(7), nan(7)], "non-finite in all 3 runs with different seeds, at the same step (7)"),
        (False, [nan(7), finite(), nan(9)], "non-finite in 2 of 3 runs with different seeds, at different steps (7, 9)"),
        (False, [finite(), finite(), nan(9)], "non-finite in 1 of 3 runs with different seeds, at step 9"),
        (True, [nan(7), nan(7), nan(7)], "non-finite in all 3 runs with the same seed, at the same step (7)"),
        (
            True,
            [nan(7, "a"), nan(7, "a"), nan(7, "a")],
            "non-finite in all 3 runs with the same seed, at the same step (7); batch, parameters and statistics in their "
            "dumps are equal bit for bit",
        ),
        (
            True,
            [nan(7, "a"), nan(7, "b"), nan(7, "a")],
            "non-finite in all 3 runs with the same seed, at the same step (7); batch, parameters and statistics in their "
            "dumps are not equal in all bits",
        ),
        (
            True,
            [finite()] * 3,
            "all 3 runs with the same seed stayed finite; their losses are the same, to the digits in the log",
        ),
        (
            True,
            [finite(), finite(), finite(loss=2.0)],
            "all 3 runs with the same seed stayed finite; their losses are not the same, to the digits in the log",
        ),
    ],
)
def test_of_repeats(same_seed, results, sentence):
    assert said(Grid(repeat=3, same_seed=same_seed), *results)[0] == sentence


def test_of_the_values_of_an_option_only_where_they_tell_it_apart():
    lr_and_crop = Grid(axes={"lr": [0.1, 0.2], "crop-size": [48, 64]})
    sentences = said(lr_and_crop, finite(9), finite(12), nan(3), nan(4))
    assert "both runs with lr 0.1 stayed finite (9 iterations or more)" in sentences
    assert "both runs with lr 0.2 went non-finite" in sentences
    assert not any("crop-size" in each for each in sentences)
    assert not any("stayed" in each for each in said(lr_and_crop, nan(1), finite(), finite(), nan(2)))


def test_of_a_value_nothing_is_said_where_one_of_its_runs_tells_nothing():
    sentences = said(Grid(axes={"lr": [0.1, 0.2]}, repeat=2), finite(), Result("failed"), nan(3), None)
    assert not any("with lr" in each for each in sentences)
    assert sentences[-1] == "1 failed, 1 not run of 4 runs, of which nothing else is said here"


def test_of_all_findings():
    sentences = said(
        grid("a", "b", "c"), nan(1, loss=True), nan(2, cause="overflow", loss=True, gradients=True), nan(3, loss=True)
    )
    assert "all 3 runs went non-finite" in sentences
    assert "cause: log-of-zero in 2, overflow in 1 of 3 findings" in sentences
    assert "in 2 of 3 findings only the reported loss was non-finite: the gradients and the model were not" in sentences


def test_of_different_numbers_of_threads():
    sentences = said(grid("a", "b"), replace(finite(), threads=2), finite())
    assert sentences[-1] == "the runs had different numbers of threads (1, 2), which alone can change results"


def test_where_nothing_was_found():
    assert said(grid("a", "b"), finite(), finite()) == ["both runs stayed finite"]
    assert said(grid("a", "b"), Result("hang"), None) == ["1 hung, 1 not run of 2 runs, of which nothing else is said here"]
