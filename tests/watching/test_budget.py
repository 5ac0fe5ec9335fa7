"""A budget: watching measures itself, looks at fewer tensors where it costs more, says so, and still finds what matters."""

import numpy as np
import pytest
from mxnet import autograd, gluon, nd

import nanhunt
from nanhunt.cli import main
from nanhunt.errors import UsageError
from nanhunt.watching.budget import Budget
from nanhunt.watching.sentinel import Sentinel


class Machine:
    """A clock that an iteration moves on, by what it looks at."""

    def __init__(self, limit, each=0.0, tensors=100, **options):
        self.said = []
        self.now = 0.0
        self.each, self.tensors = each, tensors
        self.budget = Budget(limit, self.said.append, lambda: self.now, **options)

    def iterations(self, count):
        looked = []
        for _ in range(count):
            self.budget.iteration()
            numbers = [number for number in range(self.tensors) if self.budget.looks_at(number)]
            self.now += 1.0 + self.each * len(numbers) * (2 if self.budget.twice else 1)
            looked.append(numbers)
        return looked


def test_without_a_budget_nothing_is_dropped_and_nothing_said():
    machine = Machine(None, each=1.0)
    assert all(len(numbers) == 100 for numbers in machine.iterations(50))
    assert machine.said == []


def test_within_the_budget_nothing_is_dropped():
    machine = Machine(0.01, each=0.00005)
    machine.iterations(30)
    assert all(len(numbers) == 100 for numbers in machine.iterations(50))
    assert machine.said == []


def test_above_it_a_part_is_looked_at_in_turn_and_that_is_said():
    machine = Machine(0.01, each=0.0005)  # 5 % for all
    machine.iterations(30)
    looked = machine.iterations(12)
    spent = [machine.each * len(numbers) for numbers in looked]
    assert max(spent) <= 0.01 and min(spent) > 0
    assert set().union(*looked) == set(range(100))
    assert len(machine.said) == 1
    assert "costs 5.0 %" in machine.said[0] and "the budget is 1.0 %" in machine.said[0] and "one in 6" in machine.said[0]


def test_it_is_measured_again_and_what_was_dropped_comes_back():
    machine = Machine(0.01, each=0.0005)
    machine.iterations(500)
    machine.each = 0.00001
    machine.iterations(1100)
    assert all(len(numbers) == 100 for numbers in machine.iterations(20))
    assert len(machine.said) == 2 and machine.said[1].endswith("all of them are looked at again")


def test_it_can_be_measured_without_dropping_anything():
    machine = Machine(None, each=0.0005, measures=True)
    assert machine.budget.measured is None
    assert all(len(numbers) == 100 for numbers in machine.iterations(50))
    assert machine.budget.measured == pytest.approx(0.05 / 1.05) and machine.said == []
    machine.each = 0.0
    assert all(len(numbers) == 100 for numbers in machine.iterations(1100))
    assert machine.budget.measured == 0.0 and not machine.budget.twice


def steps(hunt, net, trainer, count, bad_at=None):
    for number in range(count):
        data = nd.ones((4, 3)) * (np.nan if number == bad_at else 1.0)
        with autograd.record():
            loss = nd.square(net(data)).mean()
        loss.backward()
        trainer.step(4)
        nd.waitall()


def small():
    net = gluon.nn.Sequential()
    net.add(*[gluon.nn.Dense(3, in_units=3) for _ in range(6)])
    net.initialize()
    return net, gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 1e-3})


class Counting(Budget):
    """An iteration takes a second, and each look a tenth of one: nothing depends on how busy the machine is."""

    def __init__(self, limit, notice, **options):
        self.now = 0.0
        super().__init__(limit, notice, lambda: self.now, **options)

    def iteration(self):
        self.now += 1.0
        super().iteration()

    def looks_at(self, number):
        looks = super().looks_at(number)
        self.now += 0.1 * looks
        return looks


def test_a_program_on_a_tiny_budget_is_told_so_and_its_nan_is_still_found(tmp_path, monkeypatch):
    monkeypatch.setattr("nanhunt.watching.hunt.Budget", Counting)
    net, trainer = small()
    said = []
    with nanhunt.watch(net, trainer, dump_dir=tmp_path, budget=1e-4, on_notice=said.append) as hunt:
        steps(hunt, net, trainer, 40)
        assert len(said) == 1 and "one in " in said[0]
        with pytest.raises(nanhunt.NonFiniteError) as error:
            steps(hunt, net, trainer, 3, bad_at=1)
    assert error.value.finding.cause == "bad-input"
    assert error.value.finding.replay.bit_identical


def test_looking_twice_changes_no_reading_and_the_share_is_told(tmp_path, monkeypatch):
    """What is read of iterations that look twice is what is read of the others, to the last bit."""
    seen = []

    def readings(sentinel, values, original=Sentinel.readings):
        found = original(sentinel, values)
        seen.append((sentinel.twice, len(values), [(each.watched.name, each.values.tobytes()) for each in found]))
        return found

    monkeypatch.setattr(Sentinel, "readings", readings)
    net, trainer = small()
    trainer.set_learning_rate(0.0)  # each iteration computes the same
    with nanhunt.watch(net, trainer, dump_dir=tmp_path, measure=True) as hunt:
        steps(hunt, net, trainer, 40)
        assert hunt.vitals().watching >= 0.0
    once, twice = ([each for each in seen[2:-1] if each[0] == which] for which in (False, True))
    assert len(twice) >= 8 and len({tuple(each[2]) for each in once + twice}) == 1
    assert min(each[1] for each in twice) > 1.5 * max(each[1] for each in once)


@pytest.mark.parametrize("budget", [0, -0.1, float("nan"), float("inf")])
def test_a_share_that_cannot_be_is_refused(budget, tmp_path):
    with pytest.raises(UsageError):
        nanhunt.watch(dump_dir=tmp_path, budget=budget)


@pytest.mark.parametrize("text", ["0", "1", "150%", "-1%", "a little"])
def test_the_command_line_says_what_it_expects(text, capsys):
    assert main(["run", "--budget=" + text, "there-is-none.py"]) == 2
    assert "expected a share above 0 and below 100 %" in capsys.readouterr().err
