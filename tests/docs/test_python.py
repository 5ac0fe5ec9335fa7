"""The Python of the documentation runs."""

import ast

import pytest
from blocks import FENCE, blocks

SHOWN = [block for block in blocks() if block.language == "python" and "--8<--" not in block.text]

SETUP = """
import contextlib, pathlib
import mxnet as mx
from mxnet import autograd, gluon, nd
net = gluon.nn.Dense(2, in_units=3)
net.initialize()
loss = gluon.loss.L2Loss()
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1})
loader = [(nd.ones((4, 3)), nd.zeros((4, 2)))]
def train():
    with autograd.record():
        value = nd.log(nd.zeros((1,)) * net(nd.ones((1, 3))).sum())
    value.backward()
pathlib.Path("finding.json").write_text("null")
"""


@pytest.mark.parametrize("block", SHOWN, ids=lambda block: block.place)
def test_python_runs(block, tmp_path, monkeypatch, capsys):
    ast.parse(block.text)
    if block.why_not() is None:
        monkeypatch.chdir(tmp_path)
        names = {}
        exec(compile(SETUP, "<before>", "exec"), names)
        exec(compile(block.text, block.place, "exec"), names)


def test_there_is_python():
    assert len(SHOWN) >= 5
    assert FENCE.groups == 4
