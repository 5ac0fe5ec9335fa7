"""What is not needed is let go: a graph once its iteration is over, all arrays but the model's own once the watching is."""

import gc
import os
import subprocess
import sys
import types
import weakref

import mxnet as mx
import pytest
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

import nanhunt


def network():
    net = nn.HybridSequential()
    net.add(nn.Dense(4, in_units=3, activation="relu"), nn.BatchNorm(in_channels=4), nn.Dropout(0.5), nn.Dense(2, in_units=4))
    net.initialize(mx.init.Xavier())
    return net, gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 0.01})


def of_program(net, trainer):
    """The model: its arrays, and all that leads to them."""
    for each in net.collect_params().values():
        yield each
        yield from each.list_data()
        yield from each.list_grad() if each.grad_req != "null" else ()
    yield trainer._optimizer
    yield from trainer._updaters
    for arrays in trainer._updaters[0].states.values():
        yield from arrays


def arrays_held(root, not_through):
    """Shape of every array that can be reached from `root`, by the way there."""
    seen, ways, found = {id(root), *map(id, not_through)}, [(root, type(root).__name__)], {}
    while ways:
        held, way = ways.pop()
        for each in gc.get_referents(held):
            if id(each) in seen or isinstance(each, (types.ModuleType, type, types.FunctionType, types.FrameType)):
                continue
            seen.add(id(each))
            name = next((str(key) for key in held if held[key] is each), "") if isinstance(held, dict) else type(each).__name__
            if isinstance(each, nd.NDArray):
                found["%s.%s" % (way, name)] = each.shape
            else:
                ways.append((each, "%s.%s" % (way, name)))
    return found


@pytest.mark.parametrize("reaction", ["skip", "raise"])
@pytest.mark.parametrize("bad", [(), (4,), (0, 1, 4)])
def test_a_closed_hunt_holds_no_array(bad, reaction, tmp_path):
    net, trainer = network()
    with pytest.warns(RuntimeWarning, match="going back"):
        hunt = nanhunt.watch(net, trainer, on_nonfinite=reaction, dump_dir=tmp_path, snapshot_every=2)
    try:
        with hunt:
            for step in range(6):
                with autograd.record():
                    loss = nd.log(nd.square(net(nd.ones((6, 3)) * step) - 1).mean() * (0 if step in bad else 1))
                loss.backward()
                trainer.step(1)
    except nanhunt.NonFiniteError:
        pass
    assert len(hunt.findings) == (len(bad) if reaction == "skip" else min(len(bad), 1))
    assert arrays_held(hunt, not_through=[net, trainer, *of_program(net, trainer)]) == {}


class Double(autograd.Function):
    """Keeps nothing of its own."""

    def forward(self, x):
        return x * 2

    def backward(self, dy):
        return dy * 2


def test_python_code_and_its_graph_are_gone_with_the_iteration(tmp_path):
    net, trainer = network()
    functions = weakref.WeakSet()
    with nanhunt.watch(net, trainer, dump_dir=tmp_path):
        for _ in range(6):
            function = Double()
            functions.add(function)
            with autograd.record():
                loss = nd.square(function(net(nd.ones((6, 3)))) - 1).mean()
            del function
            loss.backward()
            trainer.step(1)
            nd.waitall()
            gc.collect()
            assert len(functions) <= 2, "graphs of earlier iterations are alive"


CUSTOM = """
import gc, os, weakref
import mxnet as mx
from mxnet import autograd, gluon, nd
import nanhunt

alive = weakref.WeakSet()

class Double(mx.operator.CustomOp):
    def __init__(self):
        super().__init__()
        alive.add(self)
    def forward(self, is_train, req, in_data, out_data, aux):
        self.assign(out_data[0], req[0], in_data[0] * 2)
    def backward(self, req, out_grad, in_data, out_data, in_grad, aux):
        self.assign(in_grad[0], req[0], out_grad[0] * 2)

@mx.operator.register("double")
class DoubleProp(mx.operator.CustomOpProp):
    def __init__(self):
        super().__init__(need_top_grad=True)
    def create_operator(self, ctx, shapes, dtypes):
        return Double()

net = gluon.nn.Dense(2, in_units=3)
net.initialize()
trainer = gluon.Trainer(net.collect_params(), "sgd")
with nanhunt.watch(net, trainer):
    for _ in range(6):
        with autograd.record():
            loss = nd.square(nd.Custom(net(nd.ones((4, 3))), op_type="double")).mean()
        loss.backward()
        trainer.step(1)
        nd.waitall()
        gc.collect()
        print(len(alive), flush=True)
os._exit(0)  # MXNet 1.4.1 may hang in its destructors once a custom operator has run
"""


def test_custom_operators_are_gone_with_the_iteration(tmp_path):
    (tmp_path / "program.py").write_text(CUSTOM)
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join(filter(None, [os.getcwd(), os.environ.get("PYTHONPATH")])))
    call = [sys.executable, "program.py"]
    done = subprocess.run(call, cwd=str(tmp_path), env=environment, capture_output=True, text=True, timeout=120)
    alive = [int(line) for line in done.stdout.split()]
    assert len(alive) == 6, done.stderr
    assert max(alive) <= 2, alive
