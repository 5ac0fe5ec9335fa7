"""`nanhunt.watch()` without network and trainer, as a library: it finds them, and leaves the framework exactly as it was."""

import sys
import types

import mxnet as mx
import numpy as np
import programs
import pytest
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

import nanhunt
from nanhunt.dump.reader import DumpReader
from nanhunt.errors import NonFiniteError, UsageError


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Where the default folder for dumps would be made."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def everything():
    """Every attribute of every module and class of MXNet: {(module, class or "", name): value}."""
    found = {}
    for name, module in list(sys.modules.items()):
        if name != "mxnet" and not name.startswith("mxnet.") or not isinstance(module, types.ModuleType):
            continue
        for attribute, value in list(vars(module).items()):
            found[name, "", attribute] = value
            if isinstance(value, type) and (value.__module__ or "").startswith("mxnet"):
                found.update(((name, attribute, inner), each) for inner, each in list(vars(value).items()))
    return found


def changed(before):
    after = everything()
    return sorted(
        key
        for key in set(before) | set(after)
        if before.get(key, everything) is not after.get(key, everything) and key[2] != "__abstractmethods__"
    )


def train(net, trainer, loss_of=programs.cross_entropy, iterations=6):
    losses = []
    for x, y in programs.batches(iterations):
        with autograd.record():
            loss = loss_of(net(nd.array(x)), nd.array(y))
        loss.backward()
        trainer.step(2)
        losses.append(float(loss.asscalar()))
    return losses


def values(net):
    return {name: each.data().asnumpy() for name, each in net.collect_params().items()}


@pytest.mark.parametrize("hybridize", [False, True])
def test_network_and_trainer_are_found_and_the_update_is_withheld(hybridize, folder):
    net, trainer = programs.segmenter(hybridize=hybridize, lr=1e3)
    with pytest.raises(NonFiniteError) as error:
        with nanhunt.watch():
            train(net, trainer)
    finding = error.value.finding
    assert (finding.producer.phase, finding.producer.op, finding.producer.value) == ("forward", "log", "-inf")
    assert finding.cause == "softmax-underflow" and finding.replay.bit_identical
    assert error.value.dump.resolve().parent == (folder / "nanhunt-dumps").resolve()
    assert all(np.isfinite(each).all() for each in values(net).values())
    with DumpReader(error.value.dump) as reader:
        assert len(reader.record.parameters) == 6, "weights and biases, gamma and beta"
        assert len(reader.record.aux) == 2, "running mean and variance"


def test_a_healthy_loop_is_silent_and_makes_no_file(folder):
    net, trainer = programs.segmenter(lr=0.01)
    with nanhunt.watch() as hunt:
        assert np.isfinite(train(net, trainer)).all()
    assert hunt.findings == [] and hunt.dumps == []
    assert [each for each in folder.rglob("*") if each.is_file()] == []


class Wrong(Exception):
    """The user's own."""


def ends(net, trainer):
    train(net, trainer, iterations=2)


def raises(net, trainer):
    train(net, trainer, iterations=2)
    raise Wrong


def raises_in_a_block(net, trainer):
    class Broken(nn.Block):
        def forward(self, x):
            raise Wrong

    broken = Broken()
    with autograd.record():
        broken(net(nd.zeros((2, 3, 8, 8))))


def raises_between_forward_and_backward(net, trainer):
    with autograd.record():
        net(nd.zeros((2, 3, 8, 8)))
        raise Wrong


def is_interrupted(net, trainer):
    train(net, trainer, iterations=1)
    raise KeyboardInterrupt


def is_ended(net, trainer):
    train(net, trainer, iterations=1)
    sys.exit(7)


def is_misused(net, trainer):
    loss = nd.zeros(1)
    loss.backward()  # nothing was recorded


def goes_bad(net, trainer):
    train(net, trainer, programs.norm_of_zero)


@pytest.mark.parametrize(
    "program, error",
    [
        (ends, None),
        (raises, Wrong),
        (raises_in_a_block, Wrong),
        (raises_between_forward_and_backward, Wrong),
        (is_interrupted, KeyboardInterrupt),
        (is_ended, SystemExit),
        (is_misused, mx.base.MXNetError),
        (goes_bad, NonFiniteError),
    ],
)
@pytest.mark.parametrize("hybridize", [False, True])
def test_nothing_of_the_framework_is_another_object_afterwards(program, error, hybridize):
    net, trainer = programs.segmenter(hybridize=hybridize, lr=0.01)
    train(net, trainer, iterations=1)
    with nanhunt.watch():
        pass  # what is imported or made on first use is there now
    before, compiled = everything(), net._cached_op
    caught = None
    try:
        with nanhunt.watch():
            assert changed(before), "hooks are in"
            program(net, trainer)
    except BaseException as problem:
        caught = problem
    assert type(caught) is (error or type(None)), caught
    assert changed(before) == []
    assert net._cached_op is compiled
    assert not autograd.is_recording()


def test_nothing_is_changed_when_watching_cannot_begin(folder):
    before = everything()
    (folder / "file").write_text("")
    with pytest.raises(UsageError):
        nanhunt.watch(dump_dir=folder / "file" / "dumps")
    with pytest.raises(UsageError, match="on_nonfinite"):
        nanhunt.watch(on_nonfinite="ignore")
    assert changed(before) == []


def test_the_hooks_that_users_meet_are_theirs_again():
    def public():
        return [
            gluon.Block.__call__,
            nd.NDArray.backward,
            autograd.backward,
            autograd.grad,
            autograd.record,
            gluon.Trainer.step,
            gluon.Trainer.update,
            gluon.Trainer.allreduce_grads,
            gluon.data.DataLoader.__iter__,
            mx.optimizer.Updater.__call__,
            mx.mod.Module.update,
            mx.executor.Executor.forward,
        ]

    before = public()
    hunt = nanhunt.watch()
    hunt.close()
    hunt.close()  # a second time is no harm
    assert all(now is then for now, then in zip(public(), before))


def test_after_the_end_nothing_is_watched_any_more():
    net, trainer = programs.segmenter(lr=1e3)
    with nanhunt.watch() as hunt:
        pass
    assert not np.isfinite(train(net, trainer)).all()
    assert hunt.findings == []


def test_a_hunt_within_a_hunt_leaves_the_outer_one_in_place():
    net, trainer = programs.segmenter(lr=1e3)
    with pytest.raises(NonFiniteError) as error:
        with nanhunt.watch(dump_dir="outer") as outer:
            with nanhunt.watch(dump_dir="inner"):
                pass
            train(net, trainer)
    assert error.value.dump in outer.dumps
    assert error.value.dump.parent.name == "outer"


def test_the_script_may_catch_the_error_and_go_on_watched():
    net, trainer = programs.segmenter(lr=0.01)
    with nanhunt.watch() as hunt:
        with pytest.raises(NonFiniteError):
            train(net, trainer, programs.norm_of_zero, iterations=1)
        assert np.isfinite(train(net, trainer, iterations=2)).all()
    assert len(hunt.findings) == 1


def test_skip_drops_the_update_of_a_trainer_that_was_found():
    net, trainer = programs.segmenter(lr=0.01)
    with nanhunt.watch(on_nonfinite="skip", explain=False) as hunt:
        before = values(net)
        train(net, trainer, programs.norm_of_zero, iterations=2)
        after = values(net)
    assert len(hunt.findings) == 2
    assert all((before[name] == after[name]).all() for name in before)


# hunt.observe


def test_observed_arrays_that_are_finite_are_silent():
    with nanhunt.watch() as hunt:
        hunt.observe(distance=nd.ones((2, 3)), huge=nd.array([3e38, -3e38]), indices=nd.array([1, 2], dtype="int32"))
        assert hunt.check() is None
    assert hunt.findings == []


def test_an_observed_array_that_no_block_returned_is_found_by_its_name():
    norm = nd.sqrt(nd.sum(nd.zeros((2, 3)), axis=1))
    with pytest.raises(NonFiniteError) as error:
        with nanhunt.watch() as hunt:
            hunt.observe(fine=norm)
            hunt.observe(direction=norm / norm)
            hunt.check()
    finding = error.value.finding
    assert finding.producer.value == "nan" and finding.producer.count == 2
    assert "direction" in finding.producer.block
    with DumpReader(error.value.dump) as reader:
        bad = [each["name"] for each in reader.record.observed if each["nonfinite"]]
    assert len(bad) == 1 and "direction" in bad[0]


def test_an_observed_value_inside_record_is_looked_at_before_the_update():
    net, trainer = programs.segmenter(lr=0.01)
    x, y = next(programs.batches(1))
    before = values(net)
    with pytest.raises(NonFiniteError) as error:
        with nanhunt.watch() as hunt:
            with autograd.record():
                prediction = net(nd.array(x))
                ratio = (prediction * 0) / (prediction * 0)
                hunt.observe(ratio=ratio)
                loss = programs.cross_entropy(prediction, nd.array(y))
            loss.backward()
            trainer.step(2)
    after = values(net)
    assert error.value.finding.producer.value == "nan"
    assert "ratio" in error.value.finding.producer.block or error.value.finding.producer.op == "broadcast_div"
    parameters = [name for name in before if "running" not in name]
    assert all((before[name] == after[name]).all() for name in parameters)


def test_an_observed_array_at_the_end_of_the_block_is_looked_at_too():
    with pytest.raises(NonFiniteError):
        with nanhunt.watch() as hunt:
            hunt.observe(rate=nd.log(nd.zeros(1)) * 0)
