"""Two networks in turn, as in a GAN: the one that diverges is named, although what it gives is cut off from it."""

import mxnet as mx
import numpy as np
import pytest
from mxnet import autograd, gluon, nd

import nanhunt
from nanhunt.cli import main
from nanhunt.errors import NonFiniteError


def test_the_generator_is_named_and_gradients_of_an_earlier_iteration_are_not_compared(tmp_path):
    mx.random.seed(1)
    np.random.seed(1)
    generator, critic = (gluon.nn.Dense(6, in_units=4), gluon.nn.Dense(1, in_units=6))
    trainers = []
    for net in (generator, critic):
        net.initialize(mx.init.Xavier())
        trainers.append(gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 1e-3}))
    with pytest.raises(NonFiniteError) as raised, nanhunt.watch(dump_dir=tmp_path):
        for iteration in range(4):
            noise = nd.array(np.random.randn(8, 4) * 10)
            with autograd.record():
                fake = generator(noise)
                loss = nd.square(critic(fake.detach())).mean()
            loss.backward()
            trainers[1].step(1)
            with autograd.record():
                loss = nd.square(critic(generator(noise)) - 1).mean()
            loss.backward()
            trainers[0].step(1)
            if iteration == 1:
                generator.weight.set_data(nd.ones((6, 4)) * 3e38)
    finding = raised.value.finding
    producer = finding.producer
    assert (producer.phase, producer.op, producer.shape, finding.cause) == ("forward", "FullyConnected", (8, 6), "overflow")
    assert finding.recurrence.again == "persistent" and finding.replay.bit_identical
    assert main(["replay", str(raised.value.dump), "--no-try"]) == 0


def test_features_cut_off_and_marked_for_gradients_are_traced_back_to_their_maker(tmp_path):
    """As where the gradient with respect to features is wanted: a penalty, or a saliency map."""
    encoder, head = gluon.nn.Dense(6, in_units=4), gluon.nn.Dense(1, in_units=6)
    for net in (encoder, head):
        net.initialize(mx.init.One())
    trainer = gluon.Trainer(head.collect_params(), "sgd", {"learning_rate": 1e-3})
    with pytest.raises(NonFiniteError) as raised, nanhunt.watch(dump_dir=tmp_path):
        for iteration in range(4):
            data = np.ones((8, 4), "float32")
            data[5] = -1 if iteration == 2 else 1
            with autograd.record():
                features = nd.log(encoder(nd.array(data))).detach()
                features.attach_grad()
                loss = nd.square(head(features)).mean()
            loss.backward()
            trainer.step(1)
    finding = raised.value.finding
    producer = finding.producer
    assert (producer.phase, producer.op, producer.index[0], finding.cause) == ("forward", "log", 5, "log-of-negative")
    assert finding.replay.bit_identical
