"""How often watching waits for the devices: once an iteration for each of them, and nowhere inside the step."""

import mxnet as mx
import numpy as np
import pytest
from mxnet import autograd, gluon, nd

import nanhunt


@pytest.fixture
def waits(monkeypatch):
    """Counts what waits for the engine."""
    counted = []

    def count(owner, name):
        original = getattr(owner, name)

        def counting(*arguments, **options):
            counted.append(name)
            return original(*arguments, **options)

        monkeypatch.setattr(owner, name, counting)

    count(nd.NDArray, "asnumpy")
    count(nd.NDArray, "wait_to_read")
    count(nd, "waitall")
    return counted


def network(contexts, dropout=False):
    net = gluon.nn.HybridSequential()
    net.add(gluon.nn.Conv2D(16, 3, in_channels=3), gluon.nn.BatchNorm(in_channels=16), gluon.nn.Flatten(), gluon.nn.Dense(4))
    if dropout:
        net.add(gluon.nn.Dropout(0.5))
    net.initialize(ctx=contexts)
    trainer = gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 1e-3}, kvstore=None)
    return net, trainer


def step(net, trainer, contexts):
    with autograd.record():
        losses = [net(nd.ones((2, 3, 8, 8), ctx=each)).square().mean() for each in contexts]
    autograd.backward(losses)
    if len(contexts) > 1:  # what a key-value store would do, without its own waits
        for parameter in net.collect_params().values():
            if parameter.grad_req != "null":
                total = sum(grad.as_in_context(contexts[0]) for grad in parameter.list_grad())
                for grad in parameter.list_grad():
                    grad[:] = total.as_in_context(grad.context)
    trainer.update(2)


@pytest.mark.parametrize("devices", [1, 2, 4])
@pytest.mark.parametrize("hybrid", [False, True])
def test_each_device_is_read_once_an_iteration(devices, hybrid, waits, tmp_path):
    contexts = [mx.cpu(number) for number in range(devices)]
    net, trainer = network(contexts)
    if hybrid:
        net.hybridize()
    with nanhunt.watch(net, trainer, dump_dir=tmp_path):
        for _ in range(3):
            step(net, trainer, contexts)
        del waits[:]
        for _ in range(5):
            step(net, trainer, contexts)
        assert waits == ["asnumpy"] * (5 * devices)


def test_random_operators_cost_two_waits_more_for_the_seed(waits, tmp_path):
    net, trainer = network([mx.cpu()], dropout=True)
    with nanhunt.watch(net, trainer, dump_dir=tmp_path):
        for _ in range(3):
            step(net, trainer, [mx.cpu()])
        del waits[:]
        step(net, trainer, [mx.cpu()])
        assert waits == ["waitall", "waitall", "asnumpy"]


def test_an_operator_that_draws_for_the_first_time_is_seeded_then(tmp_path):
    """Or its draws could not be had again: the iterations before it drew nothing, and were not seeded."""
    net, trainer = network([mx.cpu()])

    def run():
        with nanhunt.watch(net, trainer, dump_dir=tmp_path, on_nonfinite="skip") as hunt:
            for number in range(4):
                with autograd.record():
                    loss = net(nd.ones((2, 3, 8, 8)))
                    if number == 3:
                        loss = nd.Dropout(loss, p=0.5) / 0
                    loss = loss.square().mean()
                loss.backward()
                trainer.step(2)
        return hunt.findings[0]

    finding = run()
    assert finding.producer.op == "_div_scalar" and finding.replay.bit_identical


def test_a_nan_on_the_last_of_four_devices_is_told_from_the_others(tmp_path):
    contexts = [mx.cpu(number) for number in range(4)]
    net, trainer = network(contexts)
    with pytest.raises(nanhunt.NonFiniteError) as error, nanhunt.watch(net, trainer, dump_dir=tmp_path):
        for number in range(3):
            bad = np.nan if number == 2 else 1.0
            with autograd.record():
                outs = [net(nd.ones((2, 3, 8, 8), ctx=each) * (bad if each == contexts[3] else 1.0)) for each in contexts]
                losses = [each.square().mean() for each in outs]
            autograd.backward(losses)
            trainer.update(2)
    assert error.value.finding.producer.device == "cpu(3)"
