"""`nanhunt run`: the process is the program's own in every respect, but that what goes non-finite is found."""

import inspect
import json
import os
import re
import signal
import subprocess
import sys

import pytest
from mxnet import gluon

from nanhunt.cli import main


@pytest.fixture
def folder(tmp_path):
    """Where programs are written and run."""
    return tmp_path


def python(folder, *words, **variables):
    """(exit code, standard output, standard error)"""
    ran = subprocess.run(
        [sys.executable, *map(str, words)],
        cwd=str(folder),
        env=dict(os.environ, PYTHONHASHSEED="0", **variables),
        capture_output=True,
        text=True,
        timeout=120,
    )
    return ran.returncode, ran.stdout, ran.stderr


def watched(folder, *words, **variables):
    return python(folder, "-m", "nanhunt", "run", *words, **variables)


def own(errors):
    """What the program itself wrote to stderr."""
    return "".join(line for line in errors.splitlines(True) if not line.startswith("nanhunt: "))


def without_addresses(text):
    return re.sub(r"0x[0-9a-f]+", "0x", text)


def write(folder, source, name="program.py"):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(source)
    return path


# The same as without nanhunt. These need no framework.

ORDINARY = {
    "arguments": "import sys; print(sys.argv)",
    "names": "print(__name__, __file__, __package__, __spec__, __doc__, __cached__, __builtins__, sorted(globals()))",
    "docstring and future": "'''words'''\nfrom __future__ import annotations\nprint(__doc__)\ndef f(x: nowhere): pass",
    "path": "import sys; print(sys.path[0], '' in sys.path)",
    "neighbour": "import neighbour; print(neighbour.VALUE)",
    "main": "import sys, __main__; VALUE = 3; print(__main__.VALUE, sys.modules['__main__'] is __main__, __main__)",
    "nothing heavy is loaded": "import sys; print({'mxnet', 'numpy', 'h5py', 'rich'} & set(sys.modules))",
    "exit none": "import sys; sys.exit()",
    "exit 7": "import sys; sys.exit(7)",
    "exit -1": "raise SystemExit(-1)",
    "exit true": "raise SystemExit(True)",
    "exit words": "import sys; print('out'); sys.exit('words')",
    "exit tuple": "raise SystemExit(1, 2)",
    "quit": "quit(4)",
    "os exit": "import os; print('out', flush=True); os._exit(9)",
    "raises": "def f(x):\n    return g(x) + 1\ndef g(x):\n    return 1 / x\nf(0)",
    "raises from": "try:\n    {}['a']\nexcept KeyError as error:\n    raise ValueError('b') from error",
    "raises in handling": "try:\n    1 / 0\nexcept ZeroDivisionError:\n    [][1]",
    "raises in neighbour": "import neighbour\nneighbour.fail()",
    "neighbour that cannot be imported": "import broken",
    "no such module": "import there_is_no_such_module",
    "syntax error": "a = 1\nfor in range(3):\n    pass\n",
    "indentation error": "if True:\nprint(1)\n",
    "coding": "# coding: latin-1\nprint(ascii('\xe4'))".encode("latin-1"),
    "byte order mark": b"\xef\xbb\xbfprint(1)",
    "excepthook": "import sys\nsys.excepthook = lambda *a: print('hook', a[0], a[2].tb_lineno, file=sys.stderr)\n1 / 0",
    "excepthook that raises": "import sys\ndef hook(*a):\n    [][1]\nsys.excepthook = hook\n1 / 0",
    "excepthook that exits": "import sys\nsys.excepthook = lambda *a: sys.exit(6)\n1 / 0",
    "exit handlers": "import atexit, sys\natexit.register(lambda: print('last', sys.modules['__main__'].V))\nV=5\nsys.exit(2)",
    "exit handler that raises nothing": "import atexit, sys\natexit.register(print, 'a')\natexit.register(print, 'b')\n1 / 0",
    "thread that outlives it": (
        "import threading, time\ndef f():\n    time.sleep(0.3)\n    print('thread', __name__)\n"
        "threading.Thread(target=f).start()\nprint('end')"
    ),
    "executor that is not shut down": (
        "from concurrent.futures import ThreadPoolExecutor\npool=ThreadPoolExecutor(2)\nprint(pool.submit(pow, 2, 5).result())"
    ),
    "signal handler": (
        "import os, signal, sys\nsignal.signal(signal.SIGTERM, lambda *a: sys.exit(5))\nos.kill(os.getpid(), signal.SIGTERM)\n"
        "signal.pause()"
    ),
    "killed": "import os, signal\nos.kill(os.getpid(), signal.SIGTERM)\nsignal.pause()",
    "stdout closed": "import sys\nprint('a')\nsys.stdout.close()",
    "stdout replaced": "import sys\nprint('a', flush=True)\nclass Tee:\n    write = lambda *a: None\nsys.stdout = Tee()",
    "stdout none": "import sys\nprint('a', flush=True)\nsys.stdout = None",
    "stderr replaced": "import io, sys\nsys.stderr = io.StringIO()\n1 / 0",
    "pickle": "import pickle\nclass A:\n    x = 3\nprint(pickle.loads(pickle.dumps(A())).x, A.__module__)",
    "fork": (
        "import os, sys\nchild = os.fork()\nif child == 0:\n    print('child', flush=True)\n    sys.exit(8)\n"
        "print('parent', os.waitpid(child, 0)[1] >> 8)"
    ),
    "spawned workers": (
        "import multiprocessing, sys\ndef square(x):\n    return x * x, sys.argv\nif __name__ == '__main__':\n"
        "    with multiprocessing.get_context('spawn').Pool(2) as pool:\n        print(pool.map(square, [2, 3]))"
    ),
    "forked workers": (
        "import multiprocessing\ndef square(x):\n    return x * x\n"
        "with multiprocessing.get_context('fork').Pool(2) as pool:\n    print(pool.map(square, [2, 3]))"
    ),
    "worker that fails": (
        "import multiprocessing\ndef f(x):\n    return 1 / x\nif __name__ == '__main__':\n"
        "    with multiprocessing.get_context('fork').Pool(1) as pool:\n        pool.map(f, [0])"
    ),
    "recorded error": "import traceback\ntry:\n    1 / 0\nexcept ZeroDivisionError:\n    traceback.print_exc()",
    "last error": (
        "import atexit, sys as s\natexit.register(lambda: print(s.last_type, s.last_value, s.last_traceback.tb_lineno))\n1 / 0"
    ),
}


@pytest.mark.parametrize("source", ORDINARY.values(), ids=ORDINARY.keys())
def test_it_is_as_python_runs_it(folder, source):
    write(folder, "VALUE = 4\ndef fail():\n    return VALUE / 0\n", "neighbour.py")
    write(folder, "import there_is_no_such_module\n", "broken.py")
    (folder / "program.py").write_bytes(source if isinstance(source, bytes) else source.encode())
    words = ["program.py", "--lr", "1", "--json", "--", "-m", "x"]
    expected = python(folder, *words)
    code, out, errors = watched(folder, *words)
    assert (code, out) == expected[:2]
    assert without_addresses(own(errors)) == without_addresses(expected[2])


def test_a_script_that_is_not_text_is_a_syntax_error(folder):
    (folder / "program.py").write_bytes(b"a = '\xff'\n")
    code, out, errors = watched(folder, "program.py")
    assert (code, out) == (1, "") and "SyntaxError" in errors and "Traceback" not in errors


@pytest.mark.parametrize("name", ["inner/program.py", "./program.py", "link.py"])
def test_the_script_is_found_as_python_finds_it(folder, name):
    source = "import sys; print(sys.argv, __file__, sys.path[0])\ndef f():\n    1 / 0\nf()"
    write(folder, source)
    write(folder, source, "inner/program.py")
    (folder / "link.py").symlink_to(folder / "inner" / "program.py")
    expected = python(folder, name)
    code, out, errors = watched(folder, name)
    assert (code, out, own(errors)) == expected


def without_the_search(errors):
    """Without the frames in which `python -m` looks for the module."""
    return re.sub(r'  File "([^"\n]*runpy|<frozen importlib)[^"\n]*", line .*\n(    .*\n)?', "", errors)


@pytest.mark.parametrize(
    "source",
    [
        "print(sys.argv, __name__, __file__, __package__, __spec__.name, __cached__, sorted(globals()), sys.path[0])",
        "from . import neighbour; print(neighbour.VALUE, sys.modules['__main__'].sys is sys)",
        "def f():\n    1 / 0\nf()",
        "sys.exit('words')",
        "for in",
    ],
)
@pytest.mark.parametrize("module", ["package.program", "package"])
def test_a_module_is_as_python_m_runs_it(folder, source, module):
    write(folder, "", "package/__init__.py")
    write(folder, "VALUE = 4\n", "package/neighbour.py")
    write(folder, "import sys\n" + source, "package/%s.py" % ("program" if "." in module else "__main__"))
    code, out, errors = python(folder, "-m", module, "-a", "--json", "b")
    expected = code, out, without_the_search(errors)
    for words in (["-m", module], ["-m" + module]):
        code, out, errors = watched(folder, *words, "-a", "--json", "b")
        said = own(errors)
        if "SyntaxError" in said:  # no frame is left to be headed by this
            said = "Traceback (most recent call last):\n" + said
        assert (code, out, said) == expected


def test_a_package_that_raises_while_it_is_imported_shows_its_own_traceback(folder):
    write(folder, "1 / 0\n", "package/__init__.py")
    write(folder, "", "package/program.py")
    code, _, errors = watched(folder, "-m", "package.program")
    assert code == 1
    lines = own(errors).splitlines()
    assert lines[0].startswith("Traceback") and "package/__init__.py" in lines[1] and lines[-1].startswith("ZeroDivisionError")


def test_ctrl_c_is_the_programs_own_and_130(folder):
    write(
        folder,
        "import os, signal, time\ntry:\n    os.kill(os.getpid(), signal.SIGINT)\n    time.sleep(9)\nfinally:\n    print(1)",
    )
    _, out, expected = python(folder, "program.py")
    code, watched_out, errors = watched(folder, "program.py")
    assert (code, watched_out, own(errors)) == (130, out, expected)


@pytest.mark.skipif(sys.version_info < (3, 11), reason="safe paths came with 3.11")
def test_a_safe_path_stays_safe(folder):
    write(folder, "import sys; print(sys.path)")
    assert watched(folder, "program.py", PYTHONSAFEPATH="1")[1] == python(folder, "program.py", PYTHONSAFEPATH="1")[1]


# What cannot be run.


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "Expected a script, or -m and a module, found none."),
        (["-m"], "Expected a script, or -m and a module, found none."),
        (["nowhere.py"], "Expected a Python script at nowhere.py, found that it cannot be read (no such file or directory)."),
        (["."], "Expected a Python script at ., found that it cannot be read (is a directory)."),
        (["-m", "nowhere_at_all"], "No module named nowhere_at_all"),
        (["-m", "nowhere.at_all"], "found"),
        (["-m", "empty.py"], "'empty.py'"),
        (["-m", "package"], "'package' is a package and cannot be directly executed"),
        (["--on-nonfinite", "ignore", "program.py"], "'ignore'"),
        (["--keep-dumps", "-1", "program.py"], "Expected --keep-dumps of 0 or more, found -1."),
        (["--seed", "-1", "program.py"], "Expected --seed of 0 or more"),
        (["--probe", "modian", "program.py"], "found 'modian'"),
        (["--no-probe", "modian", "program.py"], "found 'modian'"),
        (["--json", "nowhere/found.json", "program.py"], "Expected a folder for --json nowhere/found.json"),
        (["--lr", "3", "program.py"], "unrecognized arguments: --lr"),
    ],
)
def test_what_cannot_be_run_is_one_line_and_exit_2(folder, words, said):
    write(folder, "print('started')")
    write(folder, "", "package/__init__.py")
    write(folder, "", "empty.py")
    code, out, errors = watched(folder, *words)
    assert (code, out) == (2, "")
    first = errors.splitlines()[0]
    assert first.startswith("nanhunt: ") and (said in first or said == "found")
    assert "Traceback" not in errors and len(errors.splitlines()) <= 2


def test_the_programs_help_is_its_own(folder, capsys):
    write(folder, "import argparse; argparse.ArgumentParser(description='of the program').parse_args()")
    code, out, _ = watched(folder, "program.py", "--help")
    assert code == 0 and "of the program" in out
    assert main(["run", "--help"]) == 0
    assert "nanhunt run [options] -m MODULE" in capsys.readouterr().out


def test_a_program_without_the_framework_is_told_that_nothing_was_watched(folder):
    write(folder, "print(1)")
    assert "did not import mxnet" in watched(folder, "program.py")[2]


# Found. The NaN is the program's own arithmetic.

LEARNS = """
import sys
import mxnet as mx
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
net = nn.Dense(4)
net.initialize()
net(nd.ones((2, 3)))
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": float(sys.argv[1])})
def step():
    with autograd.record():
        loss = -nd.pick(nd.log(nd.softmax(net(nd.ones((2, 3))))), nd.array([0, 1])).sum()
    loss.backward()
    trainer.step(2)
    print(loss.asscalar(), flush=True)
"""
LOOP = "for i in range(6):\n    step()\n"
SWALLOWS = "for i in range(6):\n    try:\n        step()\n    except:\n        pass\n"


def test_a_finding_ends_the_program_with_3_and_the_verdict(folder):
    write(folder, LEARNS + LOOP + "print('reached the end')")
    code, out, errors = watched(folder, "--json", "found.json", "--dump-dir", "here", "program.py", "1e4")
    assert code == 3, errors
    assert 1 <= len(out.splitlines()) < 6 and "reached" not in out
    assert "NON-FINITE" in errors and "NON-FINITE" not in out
    assert "Traceback" not in errors and "NonFiniteError" not in errors
    (dump,) = (folder / "here").glob("*.h5")
    assert "nanhunt replay" in errors and dump.name in "".join(errors.split())
    assert json.loads((folder / "found.json").read_text())["schema"] == 1


def test_the_verdict_is_not_lost_on_a_program_that_swallows_everything(folder):
    write(folder, LEARNS + SWALLOWS + "print('reached the end')")
    code, out, errors = watched(folder, "--no-explain", "program.py", "1e4")
    assert code == 3 and "reached the end" in out and "NON-FINITE" in errors
    assert re.search(r"^nanhunt: found \w+ iterations? non-finite; the first: epoch 0", errors.splitlines()[-1])


LABELS = """
import numpy as np
from mxnet import autograd, gluon, nd
net = gluon.nn.Dense(3, in_units=2)
net.initialize()
loss_of = gluon.loss.SoftmaxCrossEntropyLoss()
loss_of.hybridize()
trainer = gluon.Trainer(net.collect_params(), "sgd")
for step in range(3):
    with autograd.record():
        loss = loss_of(net(nd.ones((2, 2))), nd.array([0, 2 + (step == 1)]))
    loss.backward()
    trainer.step(2)
print("reached the end")
"""


def test_a_label_out_of_range_is_not_called_non_finite(folder):
    write(folder, LABELS)
    code, out, errors = watched(folder, "program.py")
    assert code == 3 and "reached the end" in out and "BAD LABEL" in errors and "NON-FINITE" not in errors
    assert errors.splitlines()[-1].startswith("nanhunt: found one iteration with labels that cannot be; the first: epoch 0")


def test_it_is_heard_by_those_who_silence_stderr_and_change_folder_and_leave_by_os_exit(folder):
    silence = "import io, os, contextlib\nos.chdir('/')\nwith contextlib.redirect_stderr(io.StringIO()):\n"
    write(folder, LEARNS + silence + "".join("    %s\n" % line for line in SWALLOWS.splitlines()) + "os._exit(0)\n")
    code, _, errors = watched(folder, "--no-explain", "--json", "found.json", "program.py", "1e4")
    assert code == 0 and "NON-FINITE" in errors
    assert json.loads((folder / "found.json").read_text())["spread"]
    assert list((folder / "nanhunt-dumps").glob("*.h5"))


@pytest.mark.parametrize("reaction", ["skip", "warn"])
@pytest.mark.parametrize(
    ("end", "said"), [("", ""), ("sys.exit(7)", ""), ("[][1]", "IndexError")], ids=["end", "exit", "raise"]
)
def test_with_skip_and_warn_it_goes_on_and_ends_with_3(folder, reaction, end, said):
    write(folder, LEARNS + LOOP + end)
    code, out, errors = watched(folder, "--no-explain", "--on-nonfinite", reaction, "program.py", "1e4")
    assert code == 3 and len(out.splitlines()) == 6 and "NON-FINITE" in errors
    assert said in errors and ("Traceback" in errors) == bool(said)


@pytest.mark.parametrize(("end", "code"), [("", 0), ("sys.exit(4)", 4), ("[][1]", 1)])
def test_where_nothing_is_found_the_exit_code_is_the_programs_and_the_json_null(folder, end, code):
    (folder / "found.json").write_text('{"from": "another run"}')
    write(folder, LEARNS + LOOP + end)
    found = watched(folder, "--json", "found.json", "program.py", "0.01")
    assert found[0] == code and len(found[1].splitlines()) == 6
    assert json.loads((folder / "found.json").read_text()) is None
    assert found[2].splitlines()[0] == (
        "nanhunt: the framework's random stream is reseeded at every iteration; --no-reseed leaves it alone"
    )


def test_the_losses_are_those_without_it(folder):
    write(folder, LEARNS + LOOP)
    assert watched(folder, "--no-reseed", "program.py", "0.5")[:2] == python(folder, "program.py", "0.5")[:2]
    assert "reseeded" not in watched(folder, "--no-reseed", "program.py", "0.5")[2]


def test_tracebacks_show_no_frame_of_the_hooks(folder):
    write(
        folder,
        "import mxnet as mx\nfrom mxnet import autograd, gluon, nd\nclass Net(gluon.Block):\n"
        "    def forward(self, x):\n        return nd.dot(x, nd.ones((7, 7))) if x.shape[0] > 1 else 1 / 0\n"
        "net = gluon.nn.Sequential()\nnet.add(Net())\nwith autograd.record():\n    net(nd.ones((1, 2)))\n",
    )
    expected = python(folder, "program.py")
    code, out, errors = watched(folder, "program.py")
    assert "ZeroDivisionError" in errors
    assert (code, out, own(errors)) == expected


def test_the_framework_that_cannot_be_imported_shows_its_own_traceback(folder):
    write(folder, "import neighbour\n", "mxnet/__init__.py")
    write(folder, "1 / 0\n", "neighbour.py")
    write(folder, "import mxnet\n")
    code, out, errors = watched(folder, "program.py")
    assert (code, out, own(errors)) == python(folder, "program.py")


def test_it_loads_the_framework_when_the_program_does_with_the_programs_variables(folder):
    write(
        folder,
        "import importlib.util, os, sys\nassert 'mxnet' not in sys.modules and 'numpy' not in sys.modules\n"
        "assert importlib.util.find_spec('mxnet') is not None\nassert 'mxnet' not in sys.modules\n"
        "os.environ['MXNET_CPU_WORKER_NTHREADS'] = '1'\nimport mxnet\n"
        "assert 'exec_module' not in vars(mxnet.__loader__), vars(mxnet.__loader__)\n"
        "assert mxnet.__spec__.loader is mxnet.__loader__\n"
        "assert not [f for f in sys.meta_path if 'nanhunt.w' in type(f).__module__]\n",
    )
    code, _, errors = watched(folder, "program.py")
    assert code == 0, errors


def test_no_hook_is_left_when_exit_handlers_run(folder):
    write(
        folder,
        "import atexit\nfrom mxnet import autograd, gluon, nd\n"
        "def files():\n    calls = gluon.Block.__call__, gluon.Trainer.step, nd.NDArray.backward, autograd.backward\n"
        "    return sum('/nanhunt/backends/' in each.__code__.co_filename for each in calls)\n"
        "atexit.register(lambda: print(files()))\nprint(files())",
    )
    code, out, errors = watched(folder, "program.py")
    assert (code, out) == (0, "4\n0\n"), errors


LOADS = """
import sys
import numpy as np
import mxnet as mx
from mxnet import autograd, gluon, nd

class Rows(gluon.data.Dataset):
    def __len__(self):
        return 12
    def __getitem__(self, k):
        return np.full((3,), k, "float32"), np.float32(k % 2)

if __name__ == "__main__":
    more = {"thread_pool": True} if "threads" in sys.argv else {}
    mx.random.seed(1)
    net = gluon.nn.Dense(2)
    net.initialize()
    net(nd.ones((1, 3)))
    loss_of = gluon.loss.SoftmaxCrossEntropyLoss()
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1})
    loader = gluon.data.DataLoader(Rows(), 4, num_workers=2, **more)
    for epoch in range(2):
        for data, label in loader:
            with autograd.record():
                loss = loss_of(net(data), label)
            loss.backward()
            trainer.step(4)
            print(data[:, 0].asnumpy().tolist(), loss.mean().asscalar())
"""


@pytest.mark.parametrize("workers", ["processes", "threads"])
def test_data_loaders_with_workers_give_the_same_batches_and_losses(folder, workers):
    if workers == "threads" and "thread_pool" not in inspect.signature(gluon.data.DataLoader.__init__).parameters:
        pytest.skip("this MXNet's DataLoader has no threads")
    write(folder, LOADS)
    expected = python(folder, "program.py", workers)
    code, out, errors = watched(folder, "--no-reseed", "program.py", workers)
    assert expected[0] == 0, expected[2]
    assert (code, out) == expected[:2], errors
    assert len(out.splitlines()) == 6


def test_training_in_a_thread_that_outlives_the_main_one_is_watched(folder):
    write(
        folder,
        LEARNS + "import threading\ndef run():\n    for i in range(6):\n        step()\nthreading.Thread(target=run).start()\n",
    )
    code, out, errors = watched(folder, "--no-explain", "--on-nonfinite", "skip", "program.py", "1e4")
    assert len(out.splitlines()) == 6
    assert code == 3 and "NON-FINITE" in errors


def test_a_finding_of_a_hunt_of_the_programs_own_is_3_too(folder):
    write(
        folder,
        LEARNS.replace(
            "def step", "import nanhunt\nhunt = nanhunt.watch(net, trainer, explain=False, dump_dir='own')\ndef step"
        )
        + LOOP,
    )
    code, _, errors = watched(folder, "--no-explain", "program.py", "1e4")
    assert code == 3 and "NON-FINITE" in errors and "Traceback" not in errors


def test_dumps_that_cannot_be_written_are_one_line_and_exit_2(folder):
    (folder / "file").write_text("")
    write(folder, LEARNS + LOOP)
    code, out, errors = watched(folder, "--dump-dir", "file", "program.py", "0.1")
    assert (code, out) == (2, "")
    assert errors.startswith("nanhunt: dumps cannot be written to") and len(errors.splitlines()) == 1


def test_the_dump_replays_when_the_script_is_gone(folder):
    path = write(folder, LEARNS + LOOP)
    assert watched(folder, "--no-explain", "--dump-dir", "dumps", "program.py", "1e4")[0] == 3
    path.unlink()
    (dump,) = (folder / "dumps").glob("*.h5")
    code, out, errors = python(folder, "-m", "nanhunt", "replay", dump)
    assert code == 0, out + errors
    assert "bit-identical" in out and "log" in out


def test_a_sigterm_ends_it_as_it_ends_any_program(folder):
    write(folder, "import time\nprint('ready', flush=True)\ntime.sleep(60)")
    command = [sys.executable, "-m", "nanhunt", "run", "program.py"]
    process = subprocess.Popen(command, cwd=str(folder), stdout=subprocess.PIPE)
    process.stdout.readline()
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == -signal.SIGTERM
    process.stdout.close()
