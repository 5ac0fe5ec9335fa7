"""A dump of several devices on a machine that has others."""

from dataclasses import replace

import mxnet as mx
import numpy as np
import programs
import pytest

import nanhunt
from nanhunt.backends.base import load
from nanhunt.backends.graph import Graph
from nanhunt.cli import main
from nanhunt.dump.reader import DumpReader
from nanhunt.dump.writer import write
from nanhunt.errors import NonFiniteError


@pytest.fixture(scope="module")
def dump(tmp_path_factory):
    """A NaN in the second of two devices' batches."""
    contexts = [mx.cpu(0), mx.cpu(1)]
    net, trainer = programs.segmenter(contexts=contexts)
    data = list(programs.batches(3, rows=4))
    data[2][0][3, 0, 0, 0] = np.sqrt(np.float32(-1.0))
    with pytest.raises(NonFiniteError) as error, nanhunt.watch(net, trainer, dump_dir=tmp_path_factory.mktemp("d")) as hunt:
        programs.train(hunt, net, trainer, programs.cross_entropy, 3, contexts, data)
    return error.value.dump


@pytest.fixture(autouse=True)
def as_before():
    yield
    load().place(False, False)


def of_gpus(dump, path):
    """The same as if it had been written on GPUs."""

    def named(names):
        return {name.replace("cpu(", "gpu("): value for name, value in names.items()}

    with DumpReader(dump) as reader:
        record = reader.record
        body = Graph.from_json(record.graph)
        nodes = tuple(
            replace(
                node,
                device=node.device.replace("cpu(", "gpu("),
                leaf=node.leaf and replace(node.leaf, device=node.leaf.device.replace("cpu(", "gpu(")),
            )
            for node in body.nodes
        )
        samples = [dict(each, device=each["device"].replace("cpu(", "gpu(")) for each in record.iteration["samples"]]
        moved = replace(
            record,
            graph=dict(record.graph, **Graph(nodes, body.backwards).to_json()),
            iteration=dict(record.iteration, samples=samples),
            batch=named(record.batch),
            devices=named(record.devices),
            observed=[dict(each, device=each["device"].replace("cpu(", "gpu(")) for each in record.observed],
        )
        write(moved, path)
    return path


def test_one_of_gpus_runs_on_cpu_contexts_and_says_so(dump, tmp_path, capsys):
    assert main(["replay", str(of_gpus(dump, tmp_path / "gpu.h5")), "--no-try"]) in (0, 4)
    said = capsys.readouterr().out
    assert "it ran on GPUs and there are none here" in said
    assert "on gpu(1)" in said and "row 1 of the batch on gpu(1), images/0023.jpg" in said


def test_two_devices_on_one_context_give_the_same_bits(dump, capsys):
    assert main(["replay", str(dump), "--no-try", "--one-context"]) == 0
    said = capsys.readouterr().out
    assert "bit-identical" in said and "on cpu(1)" in said
