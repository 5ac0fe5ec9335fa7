"""Probes as plug-ins: which are chosen, what their own reductions and verdicts do and do not, and the example of the docs."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from mxnet import autograd, nd

from nanhunt.backends.base import State, load
from nanhunt.backends.mxnet.collecting import MXNetCollector
from nanhunt.cli import main
from nanhunt.errors import UsageError
from nanhunt.probes import BUILT_IN, IterationView, Probe, Watched
from nanhunt.probes.registry import choose
from nanhunt.watching.sentinel import MOST_REMARKS, Sentinel

ROOT = Path(__file__).resolve().parent.parent
BUILT_IN_NAMES = ["inputs", "parameters", "optimizer", "activations", "loss", "gradients", "aux"]


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Puts a distribution with entry points and one module on the path, as an installer would leave it."""
    monkeypatch.syspath_prepend(str(tmp_path))
    modules = []

    def install(distribution, entry_points, source):
        module = distribution.replace("-", "_")
        modules.append(module)
        (tmp_path / (module + ".py")).write_text(source)
        info = tmp_path / (module + "-1.0.dist-info")
        info.mkdir()
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: %s\nVersion: 1.0\n" % distribution)
        lines = ["%s = %s" % each for each in entry_points.items()]
        (info / "entry_points.txt").write_text("\n".join(["[nanhunt.probes]", *lines]) + "\n")

    yield install
    for each in modules:
        sys.modules.pop(each, None)


MEDIAN = "from nanhunt.probes import Probe\nclass Median(Probe):\n    pass\n"


def refusal(*names, leave_out=()):
    with pytest.raises(UsageError) as error:
        choose(names, leave_out)
    return str(error.value)


# Which probes.


def test_without_a_wish_they_are_the_built_in_ones():
    assert choose() == BUILT_IN
    assert [probe.name for probe in choose()] == BUILT_IN_NAMES


def test_a_built_in_one_is_left_out_by_its_name():
    assert [probe.name for probe in choose(leave_out=["aux", "loss"])] == [
        n for n in BUILT_IN_NAMES if n not in ("aux", "loss")
    ]


def test_a_plug_in_comes_last_as_a_new_instance_under_the_name_of_its_entry_point(install):
    install("far-probes", {"median": "far_probes:Median"}, MEDIAN)
    first, second = choose(["median"]), choose(["median", "median", "loss"], ["aux"])
    assert [probe.name for probe in first] == [*BUILT_IN_NAMES, "median"]
    assert [probe.name for probe in second] == [*BUILT_IN_NAMES[:-1], "median"]
    assert isinstance(first[-1], Probe) and first[-1] is not second[-1]


def test_a_plug_in_that_nobody_asked_for_is_not_imported(install):
    install("far-probes", {"median": "far_probes:Median"}, MEDIAN)
    choose(leave_out=["aux", "median"])
    assert "far_probes" not in sys.modules


def test_a_name_that_is_not_there_lists_those_that_are(install):
    install("far-probes", {"median": "far_probes:Median"}, MEDIAN)
    for said, option in ((refusal("modian"), "--probe"), (refusal(leave_out=["modian"]), "--no-probe")):
        first, second = said.splitlines()
        assert first == f"Expected {option} with a probe that there is, found 'modian'."
        assert second == "built in: %s; installed: median (far-probes)" % ", ".join(BUILT_IN_NAMES)


@pytest.mark.parametrize(
    ("target", "source", "said"),
    [
        (
            "broken:X",
            "import nowhere_at_all",
            "'x' of broken (broken:X) cannot be loaded: ModuleNotFoundError: No module named",
        ),
        ("broken:X", "1 / 0", "'x' of broken (broken:X) cannot be loaded: ZeroDivisionError: division by zero"),
        ("broken:Y", "", "'x' of broken (broken:Y) cannot be loaded: "),
        (
            "broken:X",
            MEDIAN.replace("Median", "X").replace("pass", "def __init__(self, a): pass"),
            "cannot be loaded: TypeError",
        ),
        ("broken:X", "class X: pass", "to be a subclass of nanhunt.probes.Probe, found <class 'broken.X'>"),
    ],
)
def test_a_plug_in_that_cannot_be_used_is_one_line_about_its_distribution(install, target, source, said):
    install("broken", {"x": target}, source)
    assert said in refusal("x")
    assert len(refusal("x").splitlines()) == 1
    assert [probe.name for probe in choose(leave_out=["aux"])] == BUILT_IN_NAMES[:-1], "the others work"


def test_names_must_be_clear(install):
    install("one", {"median": "one:Median", "loss": "one:Median"}, MEDIAN)
    install("two", {"median": "two:Median"}, MEDIAN)
    assert "found one in each of" in refusal("median") and "one" in refusal("median") and "two" in refusal("median")
    assert "rename its entry point" in refusal("loss")
    assert "found both" in refusal("gradients", leave_out=["gradients"])
    assert "found --no-probe for all" in refusal(leave_out=BUILT_IN_NAMES)


@pytest.mark.parametrize("command", [["train"], ["run"]])
def test_the_command_line_refuses_it_before_anything_starts(command, capsys):
    assert main([*command, "--probe", "modian", *(["there-is-none.py"] if command == ["run"] else [])]) == 2
    assert "found 'modian'" in capsys.readouterr().err


# What a probe of one's own does.


class Largest(Probe):
    """Warns of values above 10, of whatever it is given."""

    name = "largest"

    def __init__(self):
        self.recording = []

    def loss(self, view):
        return view.heads

    def reduce(self, tensor):
        self.recording.append(autograd.is_recording())
        return tensor.max().reshape((1,)).astype("float32")

    def verdict(self, watched, values):
        return "%g is large" % values[0] if values[0] > 10 else None


class Heads(Probe):
    """As a built-in probe: names, and no more."""

    def loss(self, view):
        return view.heads


def view(*tensors, kind="loss"):
    heads = [Watched(kind, "head%d" % k, "cpu(0)", each) for k, each in enumerate(tensors)]
    return IterationView({}, (), (), {}, heads=heads)


class Watch(Sentinel):
    """A Sentinel with its own Collector."""

    def __init__(self, probes, backend=None):
        backend = backend or load()
        self.collector = backend.collector()
        super().__init__(backend, self.collector, probes)

    def read(self):
        return self.readings(self.collector.read())


def iteration(sentinel, *tensors, kind="loss"):
    sentinel.reset()
    sentinel.collector.reset()
    sentinel.ask("loss", view(*tensors, kind=kind))
    readings = sentinel.read()
    return readings, [str(each) for each in sentinel.remarks()]


def test_a_verdict_is_a_remark_with_the_probes_name_and_the_tensor():
    readings, remarks = iteration(Watch([Largest()]), nd.array([1, 2]), nd.array([3, 40]))
    assert remarks == ["probe largest: 40 is large (loss head1 on cpu(0))"]
    assert [each.alarm for each in readings] == [False, False]


@pytest.mark.parametrize("kind", ["loss", "activation"])
def test_what_only_such_a_probe_looks_at_is_checked_all_the_same(kind):
    bad = nd.array([[1.0, -1.0], [5.0, 6.0]]).sqrt()
    (reading,), _ = iteration(Watch([Largest()]), bad, kind=kind)
    assert reading.alarm and reading.watched.name == "head0"


@pytest.mark.parametrize("kind", ["loss", "activation"])
@pytest.mark.parametrize("order", [(Heads, Largest), (Largest, Heads)])
def test_its_reduction_has_no_part_in_alarms_and_fingerprints(kind, order):
    tensors = [nd.random.normal(shape=(3, 4)) * 100, nd.random.normal(shape=(2, 3, 4, 4))]
    alone, _ = iteration(Watch([Heads()]), *tensors, kind=kind)
    together, remarks = iteration(Watch([each() for each in order]), *tensors, kind=kind)
    assert [each.values.tobytes() for each in alone] == [each.values.tobytes() for each in together]
    assert len(remarks) == 1


def test_a_tensor_that_others_look_at_is_reduced_by_the_sentinel_once(monkeypatch):
    looked = []
    plain = MXNetCollector.look
    monkeypatch.setattr(MXNetCollector, "look", lambda *given, **how: looked.append(given) or plain(*given, **how))
    iteration(Watch([Heads(), Largest()]), nd.ones((3, 4)), kind="activation")
    assert len(looked) == 1


def test_a_tensor_seen_again_replaces_its_earlier_reading_also_where_only_such_a_probe_looks():
    sentinel = Watch([Largest()])
    sentinel.ask("loss", view(nd.ones((2,)), kind="activation"))
    sentinel.ask("loss", view(nd.ones((2,)) / 0, kind="activation"))
    assert [each.alarm for each in sentinel.read()] == [True]


def test_integers_are_given_to_its_reduction_too():
    readings, remarks = iteration(Watch([Largest()]), nd.array([7, 255], dtype="int32"))
    assert list(readings) == [] and len(remarks) == 1


def test_it_is_not_recorded():
    probe = Largest()
    with autograd.record():
        iteration(Watch([probe]), nd.ones((2,)))
        assert autograd.is_recording()
    assert probe.recording == [False]


def test_what_goes_on_is_said_once_and_said_again_when_it_comes_back():
    sentinel = Watch([Largest()])
    said = [len(iteration(sentinel, nd.array([value]))[1]) for value in (1, 20, 30, 40, 2, 50)]
    assert said == [0, 1, 0, 0, 0, 1]


def test_it_is_heard_a_bounded_number_of_times():
    sentinel = Watch([Largest()])
    said = [each for k in range(3 * MOST_REMARKS) for each in iteration(sentinel, nd.array([20.0 * (k % 2)]))[1]]
    assert len(said) == MOST_REMARKS
    assert "the last remark" in said[-1] and "the last remark" not in said[-2]


class Parameters(Probe):
    """A plug-in that looks at the parameters once more, under names of its own."""

    name = "again"
    standing = True

    def __init__(self):
        self.asked = 0

    def begin(self, view):
        self.asked += 1
        return [Watched("parameter", "my " + each.name, each.device, each.tensor) for each in view.parameters]


def test_what_stands_is_asked_for_again_only_when_it_is_other_arrays():
    probe = Parameters()
    sentinel = Watch([probe])
    states = [State("a", "cpu(0)", nd.ones((3,)), None, "write"), State("b", "cpu(0)", nd.ones((2, 2)), None, "write")]
    optimizer = {}
    for parameters, asked in ((states, 1), (states, 1), (list(states), 2)):
        sentinel.reset()
        sentinel.collector.reset()
        sentinel.ask("begin", IterationView({}, parameters, (), optimizer, first=False))
        sentinel.look_at_due()
        readings = sentinel.read()
        assert [(each.watched.name, float(each.values[0]), each.shape) for each in readings] == [
            ("my a", 3.0, (3,)),
            ("my b", 4.0, (2, 2)),
        ]
        assert probe.asked == asked
    states[1].tensor[1, 0] = np.nan
    sentinel.collector.reset()
    sentinel.ask("begin", IterationView({}, states, (), optimizer, first=False))
    sentinel.look_at_due()
    assert [each.alarm for each in sentinel.read()] == [False, True]


class Silent(Largest):
    reduce = Probe.reduce

    def verdict(self, watched, values):
        assert values.ndim == 1
        return None if np.isfinite(values).all() else "not finite"


def test_a_verdict_without_a_reduction_gets_the_sentinels_own_of_that_tensor_alone():
    _, remarks = iteration(Watch([Heads(), Silent()]), nd.ones((2,)), nd.ones((2,)) / 0, nd.ones((3,)))
    assert remarks == ["probe largest: not finite (loss head1 on cpu(0))"]


def failing(method, action):
    return type("Failing", (Largest,), {method: action, "name": "failing"})()


@pytest.mark.parametrize(
    ("method", "action", "said"),
    [
        ("loss", lambda self, view: 1 / 0, "failed in `loss` (ZeroDivisionError: division by zero)"),
        ("loss", lambda self, view: (each for each in 1 / 0), "failed in `loss` (ZeroDivisionError"),
        ("loss", lambda self, view: ["no tensor"], "failed in `loss` (AttributeError"),
        ("reduce", lambda self, tensor: tensor.nothing(), "failed in `loss` (AttributeError"),
        ("reduce", lambda self, tensor: 3.0, "must return an array of the framework, not float"),
        ("reduce", lambda self, tensor: tensor.asnumpy(), "must return an array of the framework, not ndarray"),
        ("reduce", lambda self, tensor: tensor.reshape((1, 2)), "must return a 1-D array of 1 to 4096 values"),
        ("reduce", lambda self, tensor: nd.zeros((5000,)), "not one of shape (5000,)"),
        ("verdict", lambda self, watched, values: values[7], "failed in `verdict` (IndexError"),
    ],
)
def test_a_plug_in_that_fails_is_left_out_and_the_others_go_on(method, action, said):
    sentinel = Watch([failing(method, action), Largest(), Heads()])
    readings, remarks = iteration(sentinel, nd.array([1, 20]))
    assert len(readings) == 1
    assert len(remarks) == 2
    failed = next(each for each in remarks if each.startswith("probe failing: "))
    assert said in failed and failed.endswith("it is left out from now on")
    assert iteration(sentinel, nd.array([1, 20]))[1] == []


def test_an_error_in_a_built_in_probe_is_not_hidden():
    class View:
        heads = property(lambda self: 1 / 0)

    sentinel = Watch(BUILT_IN)
    with pytest.raises(ZeroDivisionError):
        sentinel.ask("loss", View())


# The example of the docs.

PROGRAM = """
import sys
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

net = nn.HybridSequential()
net.add(nn.Dense(8, activation="tanh"), nn.Dense(4))
net.initialize()
if "hybrid" in sys.argv:
    net.hybridize()
net(nd.ones((2, 3)))
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": float(sys.argv[1])})
loss_of = gluon.loss.SoftmaxCrossEntropyLoss()
for i in range(12):
    with autograd.record():
        loss = loss_of(net(nd.ones((2, 3))), nd.array([i % 4, i % 4]))
    loss.backward()
    trainer.step(2)
    print(loss.mean().asscalar())
"""


@pytest.fixture(scope="module")
def packaged(tmp_path_factory):
    """The docs' package as an installer leaves it, made by its own pyproject.toml, without a network."""
    pytest.importorskip("setuptools", "64", reason="the example's build system")
    folder = tmp_path_factory.mktemp("example")
    page = (ROOT / "docs" / "probes.md").read_text(encoding="utf-8")
    files = re.findall(r"^`([\w.]+)`\n\n```\w+\n(.*?)^```$", page, re.M | re.S)
    assert [name for name, _ in files] == ["pyproject.toml", "logit_gap.py"]
    site = folder / "site"
    site.mkdir()
    for name, text in files:
        (folder / name).write_text(text, encoding="utf-8")
        if name.endswith(".py"):
            (site / name).write_text(text, encoding="utf-8")
    build = "from setuptools import build_meta; build_meta.prepare_metadata_for_build_wheel('site')"
    subprocess.run([sys.executable, "-c", build], cwd=str(folder), stdout=subprocess.DEVNULL, check=True)
    assert list(site.glob("*.dist-info"))
    (folder / "net.py").write_text(PROGRAM)
    return folder


@pytest.fixture
def run_example(packaged):
    """Exit code, standard output and standard error of the program under `nanhunt run` with the docs' probe installed."""
    path = os.pathsep.join([str(packaged / "site"), *filter(None, [os.environ.get("PYTHONPATH")])])

    def run(*words):
        ran = subprocess.run(
            [sys.executable, "-m", "nanhunt", "run", *words],
            cwd=str(packaged),
            env=dict(os.environ, PYTHONPATH=path),
            capture_output=True,
            text=True,
        )
        return ran.returncode, ran.stdout, ran.stderr

    return run


@pytest.mark.parametrize("more", [[], ["hybrid"]])
def test_the_docs_probe_warns_while_the_loss_is_still_finite(run_example, more):
    code, out, errors = run_example("--probe", "logit-gap", "net.py", "20", *more)
    assert code == 0, errors
    assert len(out.splitlines()) == 12
    said = [line for line in errors.splitlines() if "logit-gap" in line]
    form = re.compile(r"nanhunt: probe logit-gap: logits lie ([\d.]+) apart; from 103.97 on .* \(activation \S+ on cpu\(0\)\)$")
    assert said and all(float(form.match(line).group(1)) > 77 for line in said)


@pytest.mark.parametrize("lr", ["0.1", "20"])
def test_the_docs_probe_is_silent_on_a_healthy_run_and_where_nobody_asked_for_it(run_example, lr):
    code, _, errors = run_example(*(["--probe", "logit-gap"] if lr == "0.1" else []), "net.py", lr)
    assert code == 0 and "logit-gap" not in errors
