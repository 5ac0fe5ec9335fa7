"""The learning rate."""

import pytest

from nanhunt.train.schedule import Schedule


def test_poly_is_the_closed_form_at_every_step():
    schedule = Schedule(1e-3, 5610)
    for step in range(5610):
        assert schedule.lr(step) == pytest.approx(1e-3 * (1 - step / 5610) ** 0.9, rel=1e-12)


def test_poly_begins_at_the_base_and_ends_at_nothing():
    schedule = Schedule(0.1, 100)
    assert schedule.lr(0) == 0.1
    assert 0 < schedule.lr(99) < 0.002
    assert schedule.lr(100) == schedule.lr(1000) == 0


def test_constant_stays():
    schedule = Schedule(0.1, 100, mode="constant")
    assert {schedule.lr(step) for step in range(200)} == {0.1}


@pytest.mark.parametrize("mode", ["poly", "constant"])
def test_warm_up_is_linear_from_nothing(mode):
    schedule = Schedule(0.1, 100, warmup_steps=10, mode=mode)
    assert [schedule.lr(step) for step in range(10)] == pytest.approx([0.01 * step for step in range(10)])
    assert schedule.lr(10) == 0.1


def test_poly_after_a_warm_up_runs_over_what_is_left():
    schedule = Schedule(0.1, 100, warmup_steps=20)
    assert schedule.lr(60) == pytest.approx(0.1 * 0.5**0.9)


def test_a_run_that_is_all_warm_up_divides_by_nothing():
    assert Schedule(0.1, 10, warmup_steps=10).lr(10) == 0.1
