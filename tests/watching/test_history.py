"""The run-up in a dump: what the last iterations looked like, as they were."""

import mxnet as mx
import numpy as np
import programs
import pytest
from mxnet import autograd, nd

import nanhunt
from nanhunt.dump.reader import DumpReader
from nanhunt.dump.runup import run_up_of
from nanhunt.errors import DumpDamagedError, NonFiniteError


def run_up(path):
    with DumpReader(path) as reader:
        return run_up_of(reader.record)


def diverged(tmp_path, **options):
    """A run that goes non-finite at iteration 4, its losses and its run-up."""
    net, trainer = programs.segmenter(lr=30.0)
    losses = []
    with pytest.raises(NonFiniteError) as error:
        with nanhunt.watch(net, trainer, dump_dir=tmp_path, explain=False, **options) as hunt:
            for number, (data, label) in enumerate(programs.batches(60)):
                data, label = nd.array(data), nd.array(label)
                hunt.next_batch(
                    {"cpu(0)": {"data": data, "label": label}}, 2, number, samples=programs.samples(2, first=number)
                )
                with autograd.record():
                    loss = programs.cross_entropy(net(data), label)
                loss.backward()
                losses.append((float(loss.asscalar()), [p.grad().asnumpy() for p in trainer._params if p.grad_req != "null"]))
                trainer.step(2)
    return error.value, losses, net


def test_it_holds_loss_gradients_rate_seed_and_samples_of_every_iteration(tmp_path):
    error, losses, _ = diverged(tmp_path)
    found = run_up(error.dump)
    assert list(found.step) == list(found.iteration) == list(range(len(losses))) and set(found.epoch) == {2}
    assert np.array_equal(found.loss[:-1], np.array([loss for loss, _ in losses[:-1]], np.float64))
    assert not np.isfinite(found.loss[-1]) and len(losses) == len(found) > 3
    norms = [np.sqrt(sum(float(np.square(each.astype(np.float64)).sum()) for each in each_of)) for _, each_of in losses]
    assert np.allclose(found.gradient_norm, norms, rtol=1e-5)
    assert list(found.lr[:-1]) == [30.0] * (len(losses) - 1) and np.isnan(found.lr[-1])  # the last one had no update
    assert found.sample_index.tolist() == [[k, k + 1] for k in range(len(losses))]
    assert len(set(found.seed.tolist())) == len(losses) and (found.seed >= 0).all()


def test_a_column_is_a_tensor_and_follows_it(tmp_path):
    error, losses, net = diverged(tmp_path)
    found = run_up(error.dump)
    kinds = [each.kind for each in found.tensors]
    assert kinds == sorted(kinds, key=["input", "parameter", "optimizer", "activation", "loss", "gradient", "aux"].index)
    weight = next(k for k in found.of_kind("parameter") if found.tensors[k].name == net[0].weight.name)
    left = net[0].weight.data().asnumpy()  # the last update was withheld
    assert found.tensors[weight].measure == "norm"
    assert np.isclose(found.sizes[-1, weight], np.sqrt(np.square(left).sum()), rtol=1e-5)
    loss = found.of_kind("loss")
    assert np.allclose(found.sizes[:-1, loss[0]], np.abs(found.loss[:-1]), rtol=1e-5) and not np.isfinite(
        found.sizes[-1, loss[0]]
    )
    last = found.of_kind("activation")[-1]
    assert found.read[:, last].all() and found.sizes[-1, last] > 5 * found.sizes[0, last]


def test_only_the_last_iterations_are_kept(tmp_path):
    error, losses, _ = diverged(tmp_path, history=3)
    assert list(run_up(error.dump).step) == list(range(len(losses)))[-3:]


def test_without_a_history_there_is_none(tmp_path):
    error, _, _ = diverged(tmp_path, history=0)
    assert run_up(error.dump) is None


def test_a_program_that_tells_nothing_has_its_rate_and_losses_too(tmp_path):
    weight = nd.array([3.0])
    weight.attach_grad()
    updater = mx.optimizer.get_updater(mx.optimizer.create("sgd", learning_rate=2.0))
    with pytest.raises(NonFiniteError) as error:
        with nanhunt.watch(dump_dir=tmp_path, explain=False):
            for _ in range(20):
                with autograd.record():
                    loss = weight.square() * weight.square()
                loss.backward()
                updater(0, weight.grad, weight)
    found = run_up(error.value.dump)
    assert found.lr[0] == 2.0 and found.loss[0] == 81.0 and found.loss[1] > 1e6 and (found.sample_index == -1).all()


def test_a_damaged_run_up_is_one_clear_line(tmp_path):
    error, _, _ = diverged(tmp_path)
    with DumpReader(error.dump) as reader:
        record = reader.record
        record.runup["tensors"].pop()
        with pytest.raises(DumpDamagedError, match="run-up is not whole"):
            run_up_of(record)
