"""Train a network of one layer on one batch under watch; every theme's programs go through here."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

import nanhunt
from nanhunt.errors import NonFiniteError

COLUMN = np.array([[1.0], [2.0], [4.0]], "float32")


def scale():
    """One weight, 1 at the start, for the last axis of length 1: the identity to begin with."""
    net = nn.HybridSequential()
    net.add(nn.Dense(1, use_bias=False, flatten=False))
    return net


def finding_of(tmp_path, net, loss_of, x, iterations=1, lr=0.1):
    """The finding, or None. `loss_of` is given what the network makes of x."""
    net.initialize(mx.init.One())
    net(nd.array(x))
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": lr})
    try:
        with nanhunt.watch(net, trainer, dump_dir=tmp_path):
            for _ in range(iterations):
                with autograd.record():
                    loss = loss_of(net(nd.array(x)))
                loss.backward()
                trainer.step(1)
    except NonFiniteError as error:
        return error.finding
    return None


def check(finding, op, phase, cause, proof="proven"):
    """The whole answer, and that its sentence holds numbers."""
    assert finding is not None, "nothing was found"
    found = (finding.producer.op, finding.producer.phase, finding.cause, finding.proof)
    ops = op if isinstance(op, tuple) else (op,)
    assert finding.producer.op in ops and found[1:] == (phase, cause, proof), "%s: %s" % (found, finding.why)
    assert any(character.isdigit() for character in finding.why)


def column(*values):
    return np.array(values, "float32").reshape(-1, 1)


HAS_NUMPY = hasattr(mx, "np")
HAS_ERFINV = hasattr(nd, "erfinv")
