"""A watched loop: silent while all is finite; on a hit it withholds, dumps, explains and says how far it spread."""

import json
import warnings

import h5py
import mxnet as mx
import numpy as np
import programs
import pytest
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn
from mxnet.ndarray import register

import nanhunt
from nanhunt.errors import NonFiniteError, UsageError


def hooks():
    return (
        register._imperative_invoke,
        gluon.Block.__call__,
        gluon.HybridBlock._call_cached_op,
        nd.NDArray.backward,
        autograd.backward,
        gluon.Trainer.step,
        gluon.Trainer.update,
    )


def caught(tmp_path, net, trainer, loss_of, iterations=8, **options):
    with pytest.raises(NonFiniteError) as error:
        with nanhunt.watch(net, trainer, dump_dir=tmp_path, **options) as hunt:
            programs.train(hunt, net, trainer, loss_of, iterations)
    return error.value


def values(net):
    return {name: p.data().asnumpy() for name, p in net.collect_params().items()}


def test_a_healthy_loop_is_silent_and_every_hook_is_taken_out(tmp_path):
    before = hooks()
    net, trainer = programs.segmenter(lr=0.01)
    with nanhunt.watch(net, trainer, dump_dir=tmp_path) as hunt:
        assert hooks() != before
        losses = programs.train(hunt, net, trainer, programs.cross_entropy, 6)
    assert np.isfinite(losses).all()
    assert hunt.findings == [] and hunt.dumps == [] and list(tmp_path.iterdir()) == []
    assert hooks() == before


def test_hooks_are_taken_out_when_the_loop_raises(tmp_path):
    before = hooks()
    net, trainer = programs.segmenter()
    with pytest.raises(ZeroDivisionError):
        with nanhunt.watch(net, trainer, dump_dir=tmp_path):
            raise ZeroDivisionError
    assert hooks() == before


def test_the_same_losses_come_out_watched_twice(tmp_path):
    runs = []
    for _ in range(2):
        net, trainer = programs.segmenter(lr=0.05)
        with nanhunt.watch(net, trainer, dump_dir=tmp_path, seed=5) as hunt:
            runs.append(programs.train(hunt, net, trainer, programs.cross_entropy, 5))
    assert runs[0] == runs[1]


@pytest.mark.parametrize("hybridize", [False, True])
def test_an_underflowing_softmax_is_named_as_loss_only(tmp_path, hybridize):
    net, trainer = programs.segmenter(hybridize=hybridize, lr=1e3)
    error = caught(tmp_path, net, trainer, programs.cross_entropy)
    finding = error.finding
    assert (finding.producer.phase, finding.producer.op, finding.producer.value) == ("forward", "log", "-inf")
    assert (finding.cause, finding.proof) == ("softmax-underflow", "proven")
    assert "logit gap" in finding.why
    assert finding.spread.loss and not finding.spread.gradients and not finding.spread.parameters and not finding.spread.aux
    assert finding.replay.bit_identical and finding.replay.compared > 8 and finding.replay.diverges_at is None
    assert finding.producer.file.startswith("images/")
    assert "programs.py" in finding.producer.source
    assert finding.chain[0].startswith("SoftmaxOutput") and finding.chain[1] == "log -> -inf"


def test_the_update_is_withheld_and_the_dump_has_the_state_before_the_step(tmp_path):
    net, trainer = programs.segmenter(lr=1e3)
    seen = []
    with pytest.raises(NonFiniteError) as error:
        with nanhunt.watch(net, trainer, dump_dir=tmp_path, explain=False) as hunt:
            for x, y in programs.batches(8):
                seen.append(values(net))
                with autograd.record():
                    loss = programs.cross_entropy(net(nd.array(x)), nd.array(y))
                loss.backward()
                trainer.step(2)
    assert hunt.dumps == [error.value.dump]
    now = values(net)
    with h5py.File(str(error.value.dump), "r") as file:
        for name, before in seen[-1].items():
            group = "aux" if "running" in name else "parameters"
            dumped = [d for n, d in _datasets(file["state/" + group]) if name in n]
            assert len(dumped) == 1, name
            assert (dumped[0] == before).all()
            assert (now[name] == before).all(), "the model stands as it did before the iteration"
        assert json.loads(file.attrs["finding"])["spread"]["loss"] is True


def _datasets(group):
    found = []
    group.visititems(lambda name, each: found.append((name, each[()])) if isinstance(each, h5py.Dataset) else None)
    return found


def test_a_gradient_that_is_not_finite_while_the_loss_is(tmp_path):
    net, trainer = programs.segmenter()
    finding = caught(tmp_path, net, trainer, programs.norm_of_zero).finding
    assert (finding.producer.phase, finding.producer.op) == ("backward", "sqrt")
    assert (finding.cause, finding.proof) == ("gradient-singularity", "proven")
    assert finding.spread.gradients and not finding.spread.loss


def test_skip_drops_the_update_puts_statistics_back_and_goes_on(tmp_path):
    net, trainer = programs.segmenter(lr=0.01)
    calls = []

    def every_third_is_bad(prediction, label):
        calls.append(1)
        loss = programs.norm_of_zero if len(calls) % 3 == 0 else programs.cross_entropy
        return loss(prediction, label)

    with nanhunt.watch(net, trainer, dump_dir=tmp_path, on_nonfinite="skip", keep_dumps=1, explain=False) as hunt:
        losses = programs.train(hunt, net, trainer, every_third_is_bad, 7)
    assert len(losses) == 7
    assert [f.iteration.iteration for f in hunt.findings] == [2, 5]
    assert len(hunt.dumps) == 1, "bounded by keep_dumps"
    assert all(np.isfinite(v).all() for v in values(net).values())


def test_warn_goes_on_with_the_update(tmp_path):
    net, trainer = programs.segmenter()
    with nanhunt.watch(net, trainer, dump_dir=tmp_path, on_nonfinite="warn", explain=False, keep_dumps=2) as hunt:
        programs.train(hunt, net, trainer, programs.norm_of_zero, 3)
    assert len(hunt.findings) >= 3 and len(hunt.dumps) == 2
    assert not all(np.isfinite(v).all() for v in values(net).values())
    assert hunt.findings[1].spread.parameters


def test_a_batch_that_is_bad_on_arrival_names_array_and_sample(tmp_path):
    net, trainer = programs.segmenter()
    data = list(programs.batches(3))
    data[1][0][1, 2, 3, 4] = np.log(np.zeros(1, "float32"))[0]
    with pytest.raises(NonFiniteError) as error:
        with nanhunt.watch(net, trainer, dump_dir=tmp_path) as hunt:
            programs.train(hunt, net, trainer, programs.cross_entropy, 3, data=data)
    finding = error.value.finding
    assert (finding.cause, finding.producer.phase, finding.producer.value) == ("bad-input", "data", "-inf")
    assert finding.producer.index == (1, 2, 3, 4) and finding.producer.sample == 1
    assert finding.producer.file == "images/0011.jpg"
    assert finding.iteration.iteration == 1


def test_an_update_that_overflows_is_the_optimizers(tmp_path):
    net, trainer = programs.segmenter(lr=1e38)
    finding = caught(tmp_path, net, trainer, programs.cross_entropy).finding
    assert finding.producer.phase in ("optimizer", "forward")
    assert finding.cause in ("optimizer-step", "overflow", "diverged")


@pytest.mark.parametrize(
    "rule, options, operators",
    [
        ("sgd", {}, ("sgd_update", "multi_sgd_update")),
        ("sgd", {"momentum": 0.9}, ("sgd_mom_update", "multi_sgd_mom_update")),
        ("adam", {}, ("adam_update",)),
        ("rmsprop", {}, ("rmsprop_update",)),
    ],
)
def test_the_operator_of_an_update_that_overflows_is_named(tmp_path, rule, options, operators):
    net = nn.Dense(3)
    net.initialize()
    trainer = gluon.Trainer(net.collect_params(), rule, dict(options, learning_rate=3e38))
    with pytest.raises(NonFiniteError) as error:
        with nanhunt.watch(dump_dir=tmp_path):
            for _ in range(3):
                with autograd.record():
                    loss = (net(nd.ones((8, 5)) * 10) ** 2).sum() * 1e3
                loss.backward()
                trainer.step(1)
    finding = error.value.finding
    assert (finding.producer.phase, finding.cause, finding.spread.parameters) == ("optimizer", "optimizer-step", True)
    assert finding.producer.op in operators
    assert finding.producer.block.endswith("weight") and "3e+38" in finding.why


def test_what_the_last_update_leaves_is_looked_at_when_the_loop_ends(tmp_path):
    net, trainer = programs.segmenter(lr=3e38, momentum=0.0)
    with pytest.raises(NonFiniteError) as error:
        with nanhunt.watch(net, trainer, dump_dir=tmp_path) as hunt:
            programs.train(hunt, net, trainer, lambda p, y: (p * p).sum() * 1e3, 1)
    assert error.value.finding.spread.parameters
    assert error.value.finding.producer.phase in ("parameter", "optimizer")


class Masked(nn.HybridBlock):
    """Adds -inf where attention must not look, as transformers do; softmax makes exact zeros of it."""

    def hybrid_forward(self, F, x):
        return F.broadcast_add(x, F.log(F.array([1.0, 1.0, 1.0, 0.0]).reshape((1, 4, 1, 1))) if hasattr(F, "array") else x)


def test_an_infinity_on_purpose_that_reaches_nothing_is_silent(tmp_path):
    net, trainer = programs.segmenter(lr=0.01)
    mask = Masked()

    def loss(prediction, label):
        return (nd.softmax(mask(prediction), axis=1) * nd.one_hot(label, 4).transpose((0, 3, 1, 2))).sum()

    with nanhunt.watch(net, trainer, dump_dir=tmp_path) as hunt:
        programs.train(hunt, net, trainer, loss, 4)
    assert hunt.findings == []


def test_huge_finite_values_are_no_finding(tmp_path):
    net, trainer = programs.segmenter(lr=0.0)
    with nanhunt.watch(net, trainer, dump_dir=tmp_path) as hunt:
        programs.train(hunt, net, trainer, lambda p, y: (p * 1e25).mean(), 3)
    assert hunt.findings == []


def test_the_bad_device_of_two_is_named(tmp_path):
    contexts = [mx.cpu(0), mx.cpu(1)]
    net, trainer = programs.segmenter(contexts=contexts, lr=0.01)
    data = list(programs.batches(3, rows=4))
    data[2][0][3, 0, 0, 0] = np.sqrt(np.float32(-1.0) * np.ones(1, "float32"))[0]
    with pytest.raises(NonFiniteError) as error:
        with nanhunt.watch(net, trainer, dump_dir=tmp_path) as hunt:
            programs.train(hunt, net, trainer, programs.cross_entropy, 3, contexts=contexts, data=data)
    finding = error.value.finding
    assert finding.producer.device == "cpu(1)" and finding.producer.sample == 1
    assert finding.producer.file == "images/0023.jpg"
    assert finding.replay.bit_identical


def test_one_line_in_a_loop_of_ones_own_is_enough(tmp_path):
    net, trainer = programs.segmenter(lr=1e3)
    hunt = nanhunt.watch(net, trainer, dump_dir=tmp_path)
    with pytest.raises(NonFiniteError) as error:
        for x, y in programs.batches(8):
            with autograd.record():
                loss = programs.cross_entropy(net(nd.array(x)), nd.array(y))
            loss.backward()
            trainer.step(2)
    hunt.close(final_check=False)
    assert error.value.finding.cause == "softmax-underflow"
    assert error.value.finding.replay.bit_identical


def test_an_unknown_reaction_is_refused(tmp_path):
    with pytest.raises(UsageError, match="on_nonfinite"):
        nanhunt.watch(dump_dir=tmp_path, on_nonfinite="ignore")


def test_a_disk_without_room_costs_the_dump_but_not_the_finding(tmp_path, monkeypatch):
    from nanhunt.dump import retention
    from nanhunt.errors import DumpSpaceError

    def full(self, record, *rest):
        raise DumpSpaceError("no room for 1 MB in %s" % tmp_path)

    monkeypatch.setattr(retention.DumpFolder, "write", full)
    net, trainer = programs.segmenter(lr=1e3)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        error = caught(tmp_path, net, trainer, programs.cross_entropy)
    assert error.dump is None
    assert error.finding.cause == "softmax-underflow"
    assert any("no room" in str(each.message) for each in told)


@pytest.mark.parametrize("reaction", ["warn", "skip"])
def test_a_batch_that_the_program_leaves_out_by_itself_is_told_once_and_the_next_is_trained_on(reaction, tmp_path):
    net = gluon.nn.Dense(1, in_units=3)
    net.initialize(mx.init.One())
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1})
    updates = 0
    with nanhunt.watch(net, trainer, on_nonfinite=reaction, dump_dir=tmp_path) as hunt:
        for step in range(7):
            x = np.full((2, 3), 200.0 if step in (2, 5) else 0.1, "float32")
            with autograd.record():
                loss = nd.exp(net(nd.array(x))).mean()
            if not np.isfinite(loss.asscalar()):
                continue
            before = net.weight.data().asnumpy()
            loss.backward()
            trainer.step(1)
            updates += bool((net.weight.data().asnumpy() != before).any())
    assert updates == 5
    assert [(each.producer.op, each.cause) for each in hunt.findings] == [("exp", "exp-overflow")] * 2
