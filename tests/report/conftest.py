"""Dumps of small trainings that go non-finite by their own arithmetic, and pages made of them."""

import mxnet as mx
import numpy as np
import programs
import pytest
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

import nanhunt
from nanhunt.cli import main
from nanhunt.errors import NonFiniteError


def segmentation(folder):
    """Logits grow until softmax underflows: a dump with pictures, labels, and a run-up of some iterations."""
    net, trainer = programs.segmenter(lr=30.0)
    with nanhunt.watch(net, trainer, dump_dir=folder) as hunt:
        programs.train(hunt, net, trainer, programs.cross_entropy, 20)


def singularity(folder):
    """The norm over the channels of what two convolutions of stride 2 make of an image with a black square."""
    mx.random.seed(1)
    net = nn.HybridSequential()
    net.add(nn.Conv2D(4, 3, strides=2, padding=1, use_bias=False), nn.Conv2D(4, 3, strides=2, padding=1, use_bias=False))
    net.initialize(mx.init.Xavier())
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.01})
    x = np.random.RandomState(0).rand(2, 3, 24, 32).astype("float32")
    x[1, :, 4:20, 12:28] = 0
    with nanhunt.watch(net, trainer, dump_dir=folder):
        with autograd.record():
            made = net(nd.array(x))
            loss = nd.sqrt((made * made).sum(axis=1)).mean(axis=(1, 2))
        loss.backward()
        trainer.step(2)


@pytest.fixture(scope="session")
def dumps(tmp_path_factory):
    """Name to the path of a dump."""
    made = {}
    for program in (segmentation, singularity):
        folder = tmp_path_factory.mktemp(program.__name__)
        with pytest.raises(NonFiniteError) as caught:
            program(folder)
        made[program.__name__] = caught.value.dump
    return made


@pytest.fixture(scope="session")
def pages(dumps, tmp_path_factory):
    """Name of a dump to its page."""
    folder = tmp_path_factory.mktemp("pages")
    for name, dump in dumps.items():
        assert main(["report", str(dump), "-o", str(folder / (name + ".html"))]) == 0
    return {name: folder / (name + ".html") for name in dumps}
