"""A script that `nanhunt replay --script` writes shows the NaN in an interpreter that has MXNet and NumPy and no nanhunt."""

import os
import subprocess
import sys
from dataclasses import replace

import mxnet as mx
import numpy as np
import pytest
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

import nanhunt
from nanhunt.backends.base import load
from nanhunt.cli import main
from nanhunt.dump.reader import DumpReader
from nanhunt.errors import NonFiniteError
from nanhunt.replay.explain import explain
from nanhunt.replay.minimise import minimise
from nanhunt.replay.script import literal, write_script
from nanhunt.replay.session import Session


def linear(units=1):
    net = nn.HybridSequential()
    net.add(nn.Dense(units, use_bias=False, flatten=False))
    return net


def dump_of(tmp_path, net, loss_of, x):
    """One step on one batch, which goes non-finite; the dump's path."""
    net.initialize(mx.init.One())
    net(nd.array(x))
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1})
    with pytest.raises(NonFiniteError) as caught, nanhunt.watch(net, trainer, dump_dir=tmp_path):
        with autograd.record():
            loss = loss_of(net(nd.array(x)))
        loss.backward()
        trainer.step(1)
    return caught.value.dump


def run(script):
    """Away from the checkout, without its path, and without what the interpreter's own site brings of it."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "NANHUNT"))}
    blocked = "import sys, runpy; sys.modules['nanhunt'] = None; runpy.run_path(sys.argv[1], run_name='__main__')"
    command = [sys.executable, "-W", "ignore", "-c", blocked, str(script)]
    return subprocess.run(
        command,
        cwd=str(script.parent),
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    )


def scripted(tmp_path, dump):
    path = tmp_path / "repro.py"
    assert main(["replay", str(dump), "--no-try", "--script", str(path)]) in (0, 4)
    done = run(path)
    assert done.returncode == 0, done.stdout + path.read_text()
    text = path.read_text()
    assert "import nanhunt" not in text and len(text.splitlines()) < 40
    with np.load(str(tmp_path / "repro.npz")) as arrays:
        sizes = {name: arrays[name].shape for name in arrays.files}
    return text, done.stdout, sizes


def cancelling(shape=(2, 64, 4, 4)):
    """Channels with means from 20 to 60 and a variance that one pass in float32 makes negative."""
    spread = np.linspace(-1.7, 1.7, shape[0] * shape[2] * shape[3]).reshape(shape[0], 1, *shape[2:])
    return (np.linspace(20, 60, shape[1]).reshape(1, -1, 1, 1) + 1e-4 * spread).astype("float32")


def pictures():
    return np.random.RandomState(2).rand(2, 3, 8, 8).astype("float32")


def test_a_logarithm_of_a_softmax_that_underflows(tmp_path):
    logits = nd.array(np.array([[-1.0, 0.0, 1.0]], "float32"))
    dump = dump_of(
        tmp_path,
        linear(),
        lambda h: nd.log(nd.softmax(nd.broadcast_mul(h, logits))).sum(),
        np.array([[1.0], [150.0]], "float32"),
    )
    text, out, sizes = scripted(tmp_path, dump)
    assert "out = mx.nd.log(data)" in text and sizes == {"data": (1, 1)}
    assert "softmax-underflow" in text and mx.__version__ in text and "-inf" in out and mx.__version__ in out


def test_the_gradient_of_a_square_root_at_zero(tmp_path):
    dump = dump_of(tmp_path, linear(), lambda h: nd.sqrt(nd.relu(h)).sum(), np.array([[1.0], [0.0], [4.0]], "float32"))
    text, out, sizes = scripted(tmp_path, dump)
    assert "mx.nd.sqrt(data)" in text and "out.backward(head_gradient0)" in text
    assert sizes == {"data": (1, 1), "head_gradient0": (1, 1)}
    assert "the gradient of sqrt gives [inf]" in out


def test_one_channel_of_a_sync_batch_norm(tmp_path):
    net = nn.HybridSequential()
    net.add(gluon.contrib.nn.SyncBatchNorm(num_devices=1))
    text, _, sizes = scripted(tmp_path, dump_of(tmp_path, net, lambda h: (h * h).sum(), cancelling()))
    assert "mx.nd.contrib.SyncBatchNorm(" in text and "autograd.record" in text
    assert sizes["data"] == (2, 1, 4, 4) and sizes["gamma"] == (1,)


def test_an_exponential_that_overflows(tmp_path):
    dump = dump_of(tmp_path, linear(), lambda h: nd.exp(h * 30).sum(), np.array([[1.0], [2.0], [4.0]], "float32"))
    text, out, sizes = scripted(tmp_path, dump)
    assert "mx.nd.exp(data)" in text and sizes == {"data": (1, 1)} and "[inf]" in out


def test_a_convolution_that_overflows(tmp_path):
    net = nn.HybridSequential()
    net.add(nn.Conv2D(4, 3, padding=1))
    x = pictures()
    x[1, 2, 5, 6] = 3e38
    x[1, 1, 5, 6] = 3e38
    text, _, sizes = scripted(tmp_path, dump_of(tmp_path, net, lambda h: h.sum(), x))
    assert "mx.nd.Convolution(" in text and "num_filter=1" in text
    assert sizes["data"][0] == 1 and sizes["weight"][0] == 1 and np.prod(sizes["data"]) <= 12


def test_a_fully_connected_layer_that_overflows(tmp_path):
    x = np.ones((3, 16), "float32")
    x[1, :2] = 3e38
    text, out, sizes = scripted(tmp_path, dump_of(tmp_path, linear(8), lambda h: h.sum(), x))
    assert "mx.nd.FullyConnected(" in text and "num_hidden=1" in text and "[inf]" in out
    assert sizes == {"data": (1, 2), "weight": (1, 2)}


def test_a_cast_to_float16_that_overflows(tmp_path):
    x = np.array([[1.0], [1e5]], "float32")
    text, _, sizes = scripted(tmp_path, dump_of(tmp_path, linear(), lambda h: h.astype("float16").sum(), x))
    assert sizes == {"data": (1, 1)} and "float16" in text


def test_an_operator_with_several_inputs_and_a_constant(tmp_path):
    dump = dump_of(
        tmp_path,
        linear(),
        lambda h: nd.concat(nd.broadcast_div(h, nd.relu(h - 1)), h).sum(),
        np.array([[1.0], [2.0]], "float32"),
    )
    text, _, sizes = scripted(tmp_path, dump)
    assert "mx.nd.broadcast_div(lhs, rhs)" in text and sizes == {"lhs": (1, 1), "rhs": (1, 1)}


def test_where_no_operator_produced_it_there_is_no_script(tmp_path, capsys):
    x = np.array([[1.0], [np.nan]], "float32")
    dump = dump_of(tmp_path, linear(), lambda h: h.sum(), x)
    assert main(["replay", str(dump), "--no-try", "--script", str(tmp_path / "repro.py")]) == 1
    assert "no script" in capsys.readouterr().err and not (tmp_path / "repro.py").exists()


def test_a_softmax_of_nothing_but_a_mask(tmp_path):
    mask = nd.array(np.array([[0.0, 0.0], [-np.inf, -np.inf]], "float32"))
    dump = dump_of(tmp_path, linear(), lambda h: nd.softmax(nd.broadcast_add(h, mask)).sum(), np.ones((2, 1), "float32"))
    text, out, sizes = scripted(tmp_path, dump)
    assert "mx.nd.softmax(" in text and "isfinite(each)" not in text and "[nan" in out
    assert sizes["data"][0] == 1


def test_a_folder_that_is_not_there_is_one_line(tmp_path, capsys):
    dump = dump_of(tmp_path, linear(), lambda h: nd.exp(h * 300).sum(), np.ones((2, 1), "float32"))
    assert main(["replay", str(dump), "--no-try", "--script", str(tmp_path / "none" / "repro.py")]) == 1
    err = capsys.readouterr().err
    assert "--script" in err and "Traceback" not in err


def test_text_of_a_dump_never_leaves_the_comment(tmp_path):
    dump = dump_of(tmp_path, linear(), lambda h: nd.exp(h * 300).sum(), np.ones((2, 1), "float32"))
    with DumpReader(dump) as reader:
        session = Session(reader.record, load())
        explanation = explain(reader.record, session.backend)
        small = minimise(session, explanation, only_alone=True).alone
        finding = replace(explanation.finding, why="so\nimport os\u2028raise SystemExit(3)\x0craise SystemExit(4)")
        node = replace(small.node, attributes={"x=print(1), y": "1", "ctx": "'); raise SystemExit(5)"})
        write_script(tmp_path / "repro.py", small, finding, session.backend)
        text = (tmp_path / "repro.py").read_text()
        write_script(tmp_path / "other.py", replace(small, node=node), finding, session.backend)
    assert run(tmp_path / "repro.py").returncode == 0
    assert all(line.startswith("#") for line in text.splitlines() if "SystemExit" in line)
    assert "print(1)" not in (tmp_path / "other.py").read_text() and "SystemExit(5)" not in (tmp_path / "other.py").read_text()


def test_a_script_that_does_not_end_in_py_is_a_usage_error(tmp_path, capsys):
    assert main(["replay", str(tmp_path / "none.h5"), "--script", "repro.txt"]) == 2
    assert "repro.txt" in capsys.readouterr().err


@pytest.mark.parametrize(
    "text, source",
    [("(3, 3)", "(3, 3)"), ("True", "True"), ("None", "None"), ("1e-05", "1e-05"), ("float32", "'float32'"), ("f()", "'f()'")],
)
def test_an_attribute_is_a_literal_or_a_string(text, source):
    assert literal(text) == source
