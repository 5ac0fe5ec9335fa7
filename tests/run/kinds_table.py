"""The programs in `kinds/`: what makes each go bad, what is certain about it then, and how they are run.

The programs know nothing of nanhunt, and are first copied to a folder of their own.
"""

import inspect
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple, Optional, Tuple

import mxnet as mx
import pytest
from mxnet import autograd, nd

HERE = Path(__file__).parent
ROOT = HERE.parent.parent


class Kind(NamedTuple):
    """A program, what makes it go bad, and what is certain about the finding from its own arithmetic.

    Attributes:
        program: file in `kinds/`, without its suffix.
        bad: arguments with which it goes non-finite; without arguments it is healthy.
        op, phase, value: of the producer. Several operators or phases are given as "a|b".
        step: the iteration in which that happens, from 0; None where it depends on what is counted.
        loss, gradients: of the spread; None where either is right.
        needs: says why this version of MXNet cannot run it, or nothing.
        says: in what the program itself writes to stderr when it goes bad.
        python: whether code of the user's own stands in the graph, which cannot be run again.
    """

    program: str
    bad: str
    op: str
    phase: str = "forward"
    value: str = "-inf"
    step: Optional[int] = 1
    loss: Optional[bool] = True
    gradients: Optional[bool] = True
    needs: Tuple = ()
    says: str = ""
    python: bool = False


def mx_np():
    return "" if hasattr(mx, "np") else "no mx.np"


def second_order_dense():
    x, weight = nd.ones((2, 3)), nd.ones((1, 3))
    x.attach_grad()
    try:
        with autograd.record():
            y = nd.FullyConnected(x, weight, no_bias=True, num_hidden=1)
            (slope,) = autograd.grad(y, [x], create_graph=True, retain_graph=True)
            z = slope.sum()
        z.backward()
    except mx.base.MXNetError:
        return "FullyConnected cannot be differentiated twice"
    return ""


def estimator_of_today():
    try:
        from mxnet.gluon.contrib.estimator import BatchEnd, Estimator  # noqa: F401
    except ImportError:
        return "no gluon.contrib.estimator"
    return "" if "train_metrics" in inspect.signature(Estimator.__init__).parameters else "an Estimator of other arguments"


_DIVERGES = "--lr 1e4"  # the logits of the second iteration lie thousands apart: softmax gives 0, its log -inf

KINDS = (
    Kind("gluon_trainer", _DIVERGES, "log"),
    Kind("hybridized", "--equal-from 3", "sqrt", "backward", "+inf|-inf|nan", 3, loss=False),
    Kind("hybridized_static", "--lr 100", "exp", value="+inf"),
    Kind("hybridized_dropout", _DIVERGES, "log"),
    Kind("gan", "--lr 100", "log", step=None),  # the first update of the discriminator saturates the generator's loss
    Kind("two_contexts", _DIVERGES, "log"),
    Kind("plain_ndarray", _DIVERGES, "log"),
    Kind("mx_numpy", _DIVERGES, "_npi_log", needs=(mx_np,)),
    Kind("module_fit", _DIVERGES, "log"),
    Kind("module_by_hand", "--lr 1e21", "square", value="+inf", gradients=False),
    Kind("executor", "--blank-from 3", "broadcast_div", value="nan", step=3),
    Kind("bucketing_module", _DIVERGES, "log"),
    Kind("sequential_module", _DIVERGES, "log"),
    Kind("get_updater", _DIVERGES, "log"),
    Kind("optimizer_update", "--lr 100", "log"),
    Kind("allreduce_update", _DIVERGES, "log"),
    Kind("accumulation", _DIVERGES, "log"),
    Kind("several_backward", "--blank-from 3", "sqrt", "backward", "+inf|nan", 3, loss=False),
    Kind("head_gradient", _DIVERGES, "log"),
    Kind("frozen", _DIVERGES, "log"),
    Kind("autograd_grad", _DIVERGES, "log"),
    Kind("gradient_penalty", "--zeros", "sqrt", "backward", "+inf|-inf|nan", 0, loss=False, needs=(second_order_dense,)),
    Kind("second_order", "--lr 1000", "exp", value="+inf"),
    Kind("custom_operator", _DIVERGES, "log", python=True),
    Kind("custom_operator_bad", "--blank-from 3", "Custom", value="nan", step=3, python=True),
    Kind("autograd_function", "--blank-from 3", "_CustomFunction", "backward", "nan", 3, loss=False, python=True),
    Kind("random_layers", _DIVERGES, "log"),
    Kind("reparameterisation", _DIVERGES, "exp", value="+inf"),
    Kind("loader_workers", _DIVERGES, "log"),
    Kind("loader_threads", _DIVERGES, "log"),
    Kind("loader_shuffle", _DIVERGES, "log"),
    Kind("loader_last_batch", "--last-batch keep", "_div_scalar", value="nan", step=3),
    # No backward in the bad iteration of these: whether its last value is a loss cannot be known.
    Kind("check_and_break", "--blank-from 3", "broadcast_div", value="nan", step=3, loss=None, gradients=False),
    Kind("check_and_raise", "--blank-from 3", "broadcast_div", "forward", "nan", 3, None, False, says="ValueError: the loss"),
    Kind("check_and_exit", "--blank-from 3", "broadcast_div", value="nan", step=3, loss=None, gradients=False),
    Kind("ends_after_forward", "--blank-from 5", "broadcast_div", value="nan", step=5, loss=None, gradients=False),
    Kind("ends_after_backward", "--blank-from 5", "broadcast_div", value="nan", step=5),
    Kind("batch_statistics", "--flat-from 3", "broadcast_div", value="nan", step=3),
    # Before record() a tensor is data; the operator that made it may be named, but nothing else.
    Kind("bad_before_record", "--flat-from 3", "|broadcast_div", "data|forward", "nan", 3),
    Kind("masked_attention", _DIVERGES, "log"),  # not the mask of -inf, which the healthy run has too
    Kind("language_model", "--lr 1e5", "log"),
    Kind("recurrent_layers", _DIVERGES, "log"),
    Kind("recurrent_cells", _DIVERGES, "log", step=None),  # two trainers
    Kind("sparse_embedding", _DIVERGES, "log"),
    Kind("half_precision", "--lr 2000", "square", value="+inf", gradients=None),
    Kind("estimator", _DIVERGES, "log", needs=(estimator_of_today,)),
    Kind("shared_parameters", _DIVERGES, "log"),
    Kind("growing_network", _DIVERGES, "log", step=7),
    Kind("second_thread", _DIVERGES, "log"),
)
NAMED = {kind.program: kind for kind in KINDS}


def unforked(folder, *words):
    """The same without a fork."""
    return cold(folder, HERE / "warm.py", *words)


def cold(folder, *words):
    """The same in a process of its own, from the start."""
    call = [sys.executable, *map(str, words)]
    options = {"cwd": str(folder), "env": environment(), "capture_output": True, "text": True, "check": False}
    try:
        done = subprocess.run(call, timeout=60, **options)
    except subprocess.TimeoutExpired:
        # MXNet itself now and then hangs where a custom operator ran, unwatched too.
        done = subprocess.run(call, timeout=120, **options)
    return done.returncode, done.stdout, done.stderr


def environment():
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return dict(os.environ, PYTHONPATH=os.pathsep.join(paths), COLUMNS="200", OMP_NUM_THREADS="1")


def text_of(path):
    return Path(path).read_text(encoding="utf-8", errors="replace")


def program_of(kind, folder):
    """A copy of the program, where nothing else is."""
    for needed in kind.needs:
        missing = needed()
        if missing:
            pytest.skip(missing)
    place = folder / "program"
    place.mkdir()
    return Path(shutil.copy(str(HERE / "kinds" / (kind.program + ".py")), str(place)))


def watched(run, folder, program, *arguments, options=("--no-reseed",)):
    """(exit code, stdout, stderr, the finding or None)"""
    json_file = folder / "finding.json"
    words = ["-m", "nanhunt", "run", *options, "--dump-dir", folder / "dumps", "--json", json_file, program, *arguments]
    code, out, err = run(folder, *words)
    finding = json.loads(json_file.read_text()) if json_file.exists() else None
    return code, out, err, finding


def dumps_in(folder):
    return sorted((folder / "dumps").glob("*.h5"))


def goes_bad(kind, run, folder, options=("--no-reseed",)):
    """Run it until it is caught: the finding and the only dump."""
    program = program_of(kind, folder)
    code, out, err, finding = watched(run, folder, program, *kind.bad.split(), options=options)
    assert code == 3, (out, err)
    assert finding is not None, err
    assert kind.says in err
    assert len(dumps_in(folder)) == 1, err
    shutil.rmtree(str(program.parent))
    return finding, dumps_in(folder)[0]


def replays(run, folder, dump, python=False):
    code, out, err = run(folder, "-m", "nanhunt", "replay", dump)
    assert code == 0, (out, err)
    assert "bit-identical" in out
    if python:
        assert re.search(r"(?s)Python code.{0,120}recorded outputs", out), (
            "it says that what the user's own code gave was taken from the record"
        )
