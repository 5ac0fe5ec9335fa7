"""Parameters that need no reading: their bounds hold, they are read in turn, and whatever writes into one has it read again."""

import mxnet as mx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

import nanhunt
from nanhunt.backends.mxnet.bounds import Bounds
from nanhunt.watching.standing import SHARES

ROWS, WIDTH, UNUSED = 2048, 1024, 1500
"""8 MB; the row that no sample reads, where only a look at the parameter itself shows a NaN."""


class Loop:
    """An embedding of which three rows are used, trained by momentum SGD."""

    def __init__(self, **options):
        self.net = nn.HybridSequential()
        self.net.add(nn.Embedding(ROWS, WIDTH), nn.Flatten(), nn.Dense(4, in_units=2 * WIDTH))
        self.net.initialize(mx.init.Uniform(0.1))
        self.trainer = gluon.Trainer(
            self.net.collect_params(), "sgd", {"learning_rate": 0.1, "momentum": 0.9, "wd": 1e-4, **options}
        )
        self.loss = gluon.loss.L2Loss()
        self.data = nd.array([[0, 1], [1, 2]])

    @property
    def weight(self):
        return self.net[0].weight.data()

    def step(self, meanwhile=None, update=True):
        with autograd.record():
            loss = self.loss(self.net(self.data), nd.ones((2, 4)))
        loss.backward()
        if meanwhile is not None:
            meanwhile(self)
        if update:
            self.trainer.step(2)


@pytest.fixture
def looked(monkeypatch):
    """How many parameters each iteration has read."""
    counts = []
    group = nanhunt.watching.standing.StandingGroup
    queue = group.queue

    def counted(self, collector):
        numbers = queue(self, collector)
        if self.members[0].kind == "parameter":
            counts.append(sum(len(members) for members, _ in self.together(numbers)))
        return numbers

    monkeypatch.setattr(group, "queue", counted)
    return counts


def test_every_parameter_is_read_at_first_and_then_in_turn(tmp_path, looked):
    loop = Loop()
    with nanhunt.watch(loop.net, loop.trainer, dump_dir=tmp_path):
        for _ in range(2 + 2 * SHARES):
            loop.step()
    assert looked[:2] == [3, 3]
    assert sum(looked[2 : 2 + SHARES]) == 3 and sum(looked[2 + SHARES : 2 + 2 * SHARES]) == 3


@pytest.mark.parametrize("optimizer", ["adam", "rmsprop", "adagrad"])
def test_parameters_of_other_rules_are_read_at_each_iteration(tmp_path, looked, optimizer):
    loop = Loop()
    loop.trainer = gluon.Trainer(loop.net.collect_params(), optimizer, {"learning_rate": 1e-3})
    with nanhunt.watch(loop.net, loop.trainer, dump_dir=tmp_path):
        for _ in range(6):
            loop.step()
    assert set(looked) == {3}


def assigned_in_part(loop):
    loop.weight[UNUSED] = np.nan


def assigned_from_numpy(loop):
    loop.weight[:] = np.where(np.arange(ROWS)[:, None] == UNUSED, np.nan, loop.weight.asnumpy())


def set_data(loop):
    loop.net[0].weight.set_data(bad_copy(loop))


def copied(loop):
    bad_copy(loop).copyto(loop.weight)


def written_by_an_operator(loop):
    nd.elemwise_add(loop.weight, bad_copy(loop), out=loop.weight)


def added_in_place(loop):
    weight = loop.weight
    weight += bad_copy(loop)


def written_through_a_view(loop):
    loop.weight.reshape((-1,))[UNUSED * WIDTH] = np.nan


def written_through_a_slice(loop):
    rows = loop.weight[UNUSED - 1 : UNUSED + 1]
    rows[:] = np.nan


def written_detached(loop):
    loop.weight.detach()[UNUSED] = np.nan


def pulled(loop):
    store = mx.kv.create("local")
    store.init("w", bad_copy(loop))
    store.pull("w", out=loop.weight)


def loaded(loop):
    before = {name: each.data().copy() for name, each in loop.net.collect_params().items()}
    name = loop.net[0].weight.name
    before[name] = bad_copy(loop)
    for each, parameter in loop.net.collect_params().items():
        parameter._load_init(before[each], mx.cpu())


def updated_by_hand(loop):
    nd.sgd_update(loop.weight, bad_copy(loop), lr=0.1, out=loop.weight)


def bad_copy(loop):
    bad = loop.weight.asnumpy()
    bad[UNUSED] = np.nan
    return nd.array(bad)


WRITERS = [
    assigned_in_part,
    assigned_from_numpy,
    set_data,
    copied,
    written_by_an_operator,
    added_in_place,
    written_through_a_view,
    written_through_a_slice,
    written_detached,
    pulled,
    loaded,
    updated_by_hand,
]


@pytest.mark.parametrize("write", WRITERS, ids=lambda each: each.__name__)
def test_whatever_writes_into_a_parameter_has_it_read_at_once(tmp_path, write):
    loop = Loop()
    with nanhunt.watch(loop.net, loop.trainer, dump_dir=tmp_path, on_nonfinite="warn", explain=False) as hunt:
        for _ in range(6):
            loop.step()
        assert hunt._instrumentation.moderate(loop.weight)
        write(loop)
        loop.step()
        hunt.check()
        assert len(hunt.findings) == 1 and hunt.findings[0].iteration.step == 6


@pytest.mark.parametrize("write", WRITERS, ids=lambda each: each.__name__)
def test_what_is_written_after_the_reading_is_found_in_the_next_iteration(tmp_path, write, looked):
    loop = Loop()
    with nanhunt.watch(loop.net, loop.trainer, dump_dir=tmp_path, on_nonfinite="warn", explain=False) as hunt:
        for _ in range(SHARES - 1):
            loop.step()
        loop.step(meanwhile=write)
        assert looked[-1] == 1  # it was its turn
        loop.step()
        hunt.check()
        assert len(hunt.findings) == 1 and hunt.findings[0].iteration.step == SHARES


def test_a_view_stays_known_when_the_optimizer_makes_its_arrays(tmp_path):
    loop = Loop()
    with nanhunt.watch(loop.net, loop.trainer, dump_dir=tmp_path, on_nonfinite="warn", explain=False) as hunt:
        loop.view = loop.weight.reshape((-1,))
        for _ in range(6):
            loop.step()
        loop.view[UNUSED * WIDTH] = np.nan
        loop.step()
        hunt.check()
        assert len(hunt.findings) == 1 and hunt.findings[0].iteration.step == 6


def scaled(loop):
    loop.net[0].weight.grad()[:] *= 1e38


def overwritten(loop):
    loop.net[0].weight.grad()[UNUSED] = np.nan


def overwritten_through_a_view(loop):
    loop.net[0].weight.grad().reshape((-1,))[UNUSED * WIDTH] = np.nan


@pytest.mark.parametrize("checked", [True, False], ids=["checked before", "unchecked"])
@pytest.mark.parametrize("change", [scaled, overwritten, overwritten_through_a_view], ids=lambda each: each.__name__)
def test_a_gradient_that_the_program_changes_tells_nothing_of_the_update(tmp_path, change, checked):
    loop = Loop()
    with nanhunt.watch(loop.net, loop.trainer, dump_dir=tmp_path, on_nonfinite="warn", explain=False) as hunt:
        for _ in range(6):
            loop.step()
        loop.step(meanwhile=lambda loop: (checked and hunt.check()) or change(loop))
        assert not hunt.findings and not hunt._instrumentation.moderate(loop.weight)


@pytest.mark.parametrize("rate", [1e30, 1e38])
def test_an_extreme_rate_leaves_no_bound(tmp_path, rate):
    loop = Loop()
    with nanhunt.watch(loop.net, loop.trainer, dump_dir=tmp_path, on_nonfinite="warn", explain=False) as hunt:
        for _ in range(6):
            loop.step()
        loop.trainer.set_learning_rate(rate)
        loop.step()
        assert not hunt._instrumentation.moderate(loop.weight)


def test_momentum_that_is_loaded_is_read_before_anything_is_made_of_it(tmp_path):
    loop = Loop()
    with nanhunt.watch(loop.net, loop.trainer, dump_dir=tmp_path, on_nonfinite="warn", explain=False) as hunt:
        for _ in range(6):
            loop.step()
        loop.trainer.save_states(str(tmp_path / "states"))
        loop.trainer.load_states(str(tmp_path / "states"))
        updater = loop.trainer._updaters[0]
        for index, each in list(updater.states.items()):
            if each.shape == (ROWS, WIDTH):
                bad = each.asnumpy()
                bad[UNUSED] = np.inf
                updater.states[index] = nd.array(bad)
        loop.step()
        hunt.check()
        assert len(hunt.findings) == 1 and hunt.findings[0].producer.phase == "optimizer"


def numbers(low, high):
    return st.floats(low, high, width=32, allow_subnormal=False)


SIZES = numbers(0, 1e4)


@given(
    name=st.sampled_from(["sgd_update", "sgd_mom_update", "multi_sgd_update", "multi_sgd_mom_update"]),
    scales=st.tuples(SIZES, SIZES, SIZES),
    rate=numbers(0, 100),
    decay=numbers(0, 10),
    momentum=numbers(0, 1),
    rescale=numbers(-2, 2),
    clip=numbers(-1, 10),
    seed=st.integers(0, 1000),
)
@settings(max_examples=200, deadline=None)
def test_no_update_leaves_more_than_its_bound(name, scales, rate, decay, momentum, rescale, clip, seed):
    if not hasattr(nd, name):
        return  # an operator that 1.4.1 does not have
    draw, stride = np.random.RandomState(seed), 2 if name.endswith("sgd_update") else 3
    count = 2 if name.startswith("multi") else 1
    arrays = [nd.array(scale * draw.randn(50)) for _ in range(count) for scale in scales[:stride]]
    bounds = Bounds()
    bounds.learn(arrays, [float((each.asnumpy() ** 2).sum()) for each in arrays])
    options = {"rescale_grad": rescale, "clip_gradient": clip}
    if stride == 3:
        options["momentum"] = momentum
    options.update({"lrs": (rate,) * count, "wds": (decay,) * count} if count > 1 else {"lr": rate, "wd": decay})
    weights = arrays[::stride]
    out = weights if count > 1 else weights[0]
    bounds.update(name, list(options), list(options.values()), arrays, out)
    more = {"num_weights": count} if count > 1 else {}
    getattr(nd, name)(*arrays, out=out, **options, **more)
    for each in [array for k, array in enumerate(arrays) if k % stride != 1]:
        assert float(np.linalg.norm(each.asnumpy().astype("float64"))) <= bounds._norms[id(each)]
