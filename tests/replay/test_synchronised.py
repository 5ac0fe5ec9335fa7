"""SyncBatchNorm over several devices: its operators wait for each other, also when they run one by one."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from nanhunt.backends.graph import Graph, Leaf, Node
from nanhunt.backends.synchronised import groups, lacking, needed, together, units
from nanhunt.dump.reader import DumpReader

ROOT = Path(__file__).resolve().parents[2]

PROGRAM = """
import sys
import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn
from mxnet.gluon.contrib.nn import SyncBatchNorm

phase = sys.argv[1]
contexts = [mx.cpu(0), mx.cpu(1)]
mx.random.seed(1)
net = nn.HybridSequential()
net.add(nn.Conv2D(4, 3, padding=1, in_channels=3), SyncBatchNorm(in_channels=4, num_devices=2), nn.Activation("relu"))
net.add(nn.Dropout(0.3), nn.Conv2D(5, 1, in_channels=4), SyncBatchNorm(in_channels=5, num_devices=2))
net.initialize(ctx=contexts)
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1})
draw = np.random.RandomState(0)
for step in range(3):
    losses = []
    with autograd.record():
        for number, context in enumerate(contexts):
            bad = step == 2 and number == 1
            x = nd.array(draw.randn(2, 3, 8, 8), ctx=context)
            y = net(nd.log(x) if bad and phase == "forward" else x)
            losses.append(nd.sqrt(nd.relu(y) * 0).mean() if bad and phase == "backward" else nd.square(y).mean())
    autograd.backward(losses)
    trainer.step(4)
"""


def sync(name, device, order, *inputs, key="a"):
    return Node("_contrib_SyncBatchNorm", name, {"ndev": "2", "key": key}, inputs, order, device=device)


def two_devices():
    """x -> f -> sync -> g on each of two devices, recorded one device after the other."""
    nodes = [Node("null", "x%d" % k, leaf=Leaf("batch", "x", "cpu(%d)" % k)) for k in range(2)]
    for k in range(2):
        at = len(nodes)
        device = "cpu(%d)" % k
        nodes.append(Node("f", "f%d" % k, {}, ((k, 0),), 10 * k, device=device))
        nodes.append(sync("s%d" % k, device, 10 * k + 1, (at, 0)))
        nodes.append(Node("g", "g%d" % k, {}, ((at + 1, 0),), 10 * k + 2, device=device))
    return Graph(tuple(nodes), ())


def names(graph, order):
    return [graph.nodes[i].name for i in order]


def test_those_that_wait_for_each_other_come_together_and_the_rest_as_recorded():
    graph = two_devices()
    assert names(graph, graph.execution_order) == ["f0", "s0", "g0", "f1", "s1", "g1"]
    ordered = together(graph)
    assert names(ordered, ordered.execution_order) == ["f0", "f1", "s0", "s1", "g0", "g1"]
    assert [names(ordered, unit) for unit in units(ordered)] == [["f0"], ["f1"], ["s0", "s1"], ["g0"], ["g1"]]


def test_one_whose_other_device_is_missing_is_refused():
    alone = Graph((Node("null", "x", leaf=Leaf("batch", "x", "cpu(0)")), sync("s", "cpu(0)", 1, (0, 0))), ())
    with pytest.raises(ValueError, match="waits for 2 devices, and ran on 1"):
        groups(alone)


def test_what_cpu_contexts_need_grows_with_their_number():
    assert needed(1) == {} and lacking(1, {}) == {}
    assert lacking(2, {}) == {"MXNET_CPU_TEMP_COPY": 2048, "MXNET_CPU_WORKER_NTHREADS": 8}
    assert lacking(2, {"MXNET_CPU_TEMP_COPY": "4096", "MXNET_CPU_WORKER_NTHREADS": "x"}) == {"MXNET_CPU_WORKER_NTHREADS": 8}
    assert needed(3)["MXNET_CPU_TEMP_COPY"] == 4096


def nanhunt(folder, *words, **variables):
    environment = {name: value for name, value in os.environ.items() if name not in needed(2)}
    environment.update(variables, PYTHONPATH=str(ROOT))
    command = [sys.executable, "-m", "nanhunt", *map(str, words)]
    done = subprocess.run(
        command, cwd=str(folder), env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=200
    )
    return done.returncode, done.stdout.decode()


@pytest.mark.parametrize("phase, op", [("forward", "log"), ("backward", "sqrt")])
def test_the_bad_device_of_two_that_share_statistics_is_named_and_replays(tmp_path, phase, op):
    (tmp_path / "program.py").write_text(PROGRAM)
    variables = {name: str(value) for name, value in needed(2).items()}
    code, said = nanhunt(tmp_path, "run", "--dump-dir", "d", "program.py", phase, **variables)
    assert code == 3 and "on cpu(1)" in said and "(proven)" in said, said
    (dump,) = (tmp_path / "d").iterdir()
    with DumpReader(dump) as reader:
        producer = reader.record.finding["producer"]
    assert (producer["op"], producer["phase"], producer["device"]) == (op, phase, "cpu(1)")
    code, said = nanhunt(tmp_path, "replay", dump, "--no-try")  # without the variables: it sets them itself
    assert code == 0 and "bit-identical" in said, said
