"""Every optimizer that MXNet brings, driven to a non-finite update: the operator that gave it first is named and proven."""

import dataclasses

import mxnet as mx
import numpy as np
import pytest
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

import nanhunt
from nanhunt.backends.base import load
from nanhunt.backends.mxnet.updating import UpdateNotes
from nanhunt.dump.reader import DumpReader
from nanhunt.errors import NonFiniteError
from nanhunt.replay.cures import parse, try_changes
from nanhunt.replay.explain import explain, preliminary
from nanhunt.replay.session import Session

NO_EPSILON = {"epsilon": 0.0}
DIVISION = ("broadcast_div", "elemwise_div")
SGD = ("sgd_update", "multi_sgd_update")
MOMENTUM = ("sgd_mom_update", "multi_sgd_mom_update")

# Rule, options, by what `step` multiplies the gradient, and the operators of which one must be named.
RULES = [
    ("sgd", {"learning_rate": 3e38}, 1, SGD),
    ("sgd", {"learning_rate": 3e38, "momentum": 0.9}, 1, MOMENTUM),
    ("ccsgd", {"learning_rate": 3e38, "wd": 0.1}, 1, SGD),
    ("nag", {"learning_rate": 3e38, "momentum": 0.9}, 1, ("nag_mom_update", "broadcast_add", "_mul_scalar")),
    ("nag", {"learning_rate": 3e38}, 1, (*SGD, "_mul_scalar")),
    ("signum", {"learning_rate": np.inf}, 1, ("signum_update",)),
    ("signum", {"learning_rate": np.inf, "momentum": 0.0}, 1, ("signsgd_update",)),
    ("adam", NO_EPSILON, 1, ("adam_update",)),
    ("adamax", {}, 1, DIVISION),
    ("nadam", NO_EPSILON, 1, DIVISION),
    ("adagrad", {"eps": 0.0}, 1, DIVISION),
    ("groupadagrad", {"eps": 0.0}, 1, ("_contrib_group_adagrad_update", "broadcast_div", "elemwise_div")),
    ("adadelta", NO_EPSILON, 1, DIVISION),
    ("rmsprop", NO_EPSILON, 1, ("rmsprop_update",)),
    ("rmsprop", {"centered": True, **NO_EPSILON}, 1, ("rmspropalex_update",)),
    ("ftml", NO_EPSILON, 1, ("ftml_update",)),
    ("ftrl", {"beta": 0.0, "lamda1": 0.0}, 1, ("ftrl_update",)),
    ("sgld", {"learning_rate": 1e38, "wd": 1e38}, 1, ("_mul_scalar", "broadcast_add")),
    ("dcasgd", {"lamda": 1e38}, 1e38, ("broadcast_mul", "elemwise_mul", "_mul_scalar")),
    ("lbsgd", {"learning_rate": 3e38}, 1, SGD),
    ("test", {}, 1e38, ("_mul_scalar", "broadcast_add")),
    ("lars", {"learning_rate": 3e38, "eta": 100.0}, 1, ("multi_lars",)),
    ("lamb", {"learning_rate": 3e38}, 1e20, ("_multi_lamb_update", "lamb_update_phase1", "lamb_update_phase2")),
]
PRESENT = [rule for rule in RULES if rule[0] in mx.optimizer.Optimizer.opt_registry]


def test_every_registered_rule_is_here():
    assert set(mx.optimizer.Optimizer.opt_registry) == {rule[0] for rule in PRESENT}


def caught(tmp_path, step):
    """A layer, until `step(net, k)` has made it non-finite. Column 1 of its gradient is 0, and row 1 is."""
    mx.random.seed(3)
    net = nn.Dense(2, in_units=3, use_bias=False)
    net.initialize(mx.init.Uniform(1.0))
    x = nd.array(np.array([[1, 0, 2], [3, 0, 4]]) * 10)
    with pytest.raises(NonFiniteError) as error, nanhunt.watch(dump_dir=tmp_path, explain=False):
        for k in range(6):
            with autograd.record():
                loss = (net(x)[:, 0] ** 2).sum()
            loss.backward()
            step(net, k)
    return error.value


@pytest.mark.parametrize("rule, options, factor, operators", PRESENT, ids=lambda each: str(each))
def test_the_first_operator_of_the_rule_is_named_and_proven(tmp_path, rule, options, factor, operators):
    finding = caught(tmp_path, by_rule(rule, options, factor)).finding
    producer = finding.producer
    assert (producer.phase, finding.cause, finding.proof) == ("optimizer", "optimizer-step", "proven"), finding.why
    assert producer.op in operators, finding.why
    assert producer.source.startswith("test_updates.py:") and producer.block.split("/")[0].endswith("weight")
    assert producer.value in ("nan", "+inf", "-inf") and len(producer.index) == len(producer.shape)
    assert "update" in finding.why and any(character.isdigit() for character in finding.why)


def by_rule(rule, options, factor=1.0):
    """A `step` for `caught`: the rule's update, with the gradient times the factor."""
    trainers = []

    def step(net, k):
        if not trainers:
            trainers.append(gluon.Trainer(net.collect_params(), rule, dict(options)))
        trainers[0].step(1.0 / factor)

    return step


def tried(dump, *changes):
    """Change as it was given -> its result, from the dump alone."""
    with DumpReader(dump) as reader:
        session = Session(reader.record, load())
        explanation = explain(reader.record, session.backend)
        assert explanation.finding.proof == "proven"
        return {row.change.split("=")[0]: row.result for row in try_changes(session, explanation, parse(changes), dump)}


def test_a_larger_epsilon_cures_a_division_by_nothing_and_a_lower_rate_does_not(tmp_path):
    results = tried(caught(tmp_path, by_rule("adamax", {})).dump, "eps=1e-8", "lr=1e-9", "clip-grad=1")
    assert results["eps"] == "finite"
    assert results["lr"] == results["clip-grad"] == "still nan in the update's broadcast_div"


def test_a_lower_rate_cures_a_step_that_is_too_large(tmp_path):
    results = tried(caught(tmp_path, by_rule("sgd", {"learning_rate": 3e38})).dump, "lr=0.1", "eps=1e-3")
    assert results["lr"] == "finite" and results["eps"].startswith("not possible: ")


def test_clipping_cures_a_gradient_whose_square_is_out_of_range(tmp_path):
    def step(net, k):
        for parameter in net.collect_params().values():
            parameter.grad()[:] = parameter.grad() * 1e25
        adam(net, k)

    adam = by_rule("adam", {})
    error = caught(tmp_path, step)
    assert error.finding.producer.op == "adam_update" and error.finding.producer.block.endswith("/1")
    assert tried(error.dump, "clip-grad=1", "lr=1e-6") == {
        "clip-grad": "finite",
        "lr": "still +inf in the update's adam_update",
    }


def test_an_ordinary_update_is_neither_noted_nor_copied(tmp_path):
    copied = []
    notes = UpdateNotes(copied.append, lambda: "")
    array = nd.ones((3,))
    for iteration, (rate, writes) in enumerate(
        [(0.1, True), (0.1, False), (0.1, False), (1e7, True), (0.1, True), (0.1, False)]
    ):
        del copied[:]
        notes.begin()
        notes.run("sgd_update", ["lr", "wd"], [rate, 0.0], [array, array], array, lambda: array)
        notes.iteration_ended()
        assert bool(copied) == writes, iteration  # the first time, nothing is known of the rule yet


def test_numbers_that_stay_large_are_an_alarm_for_a_while_only():
    notes = UpdateNotes(lambda array: array, lambda: "")
    alarms = []
    for nearness in [0.5, *[2.0] * 20, 3e4, 3e4, float("nan"), 0.1]:
        notes.expect(nearness)
        alarms.append(notes._alarming)
    assert alarms == [False] + [True] * 8 + [False] * 12 + [True, True, False, False]


def test_what_was_not_kept_is_inferred_and_says_so(tmp_path):
    with DumpReader(caught(tmp_path, by_rule("sgd", {"learning_rate": 3e38})).dump) as reader:
        record = reader.record
        assert preliminary(record, load()).proof == "proven"
        graph = {key: value for key, value in record.graph.items() if key != "updates"}
        finding = preliminary(dataclasses.replace(record, graph=graph), load())
    assert (finding.proof, finding.cause) == ("likely", "optimizer-step") and finding.producer.op in SGD


def test_an_update_that_comes_out_otherwise_proves_nothing(tmp_path):
    with DumpReader(caught(tmp_path, by_rule("adam", NO_EPSILON)).dump) as reader:
        record = reader.record
        history = {name: np.array(value) for name, value in record.history.items()}
        for name in history:
            if name.startswith("gradient/"):
                history[name][:] = 1.0
        finding = preliminary(dataclasses.replace(record, history=history), load())
    assert finding.proof == "likely"


@pytest.mark.parametrize("kvstore", [None, "device"])
def test_a_module_updates_by_the_same_operators(tmp_path, kvstore):
    data, label = mx.sym.Variable("data"), mx.sym.Variable("label")
    out = mx.sym.LinearRegressionOutput(mx.sym.FullyConnected(data, num_hidden=1, name="layer"), label, name="out")
    module = mx.mod.Module(out, label_names=["label"])
    x = np.array([[1, 0, 2], [3, 0, 4]], "float32")
    batches = mx.io.NDArrayIter(x, np.ones((2, 1), "float32"), 2, label_name="label")
    with pytest.raises(NonFiniteError) as error, nanhunt.watch(dump_dir=tmp_path, explain=False):
        options = {"optimizer_params": {"learning_rate": 0.1, "epsilon": 0.0}, "optimizer": "adam", "kvstore": kvstore}
        module.fit(batches, num_epoch=3, eval_metric="mse", **options)
    finding = error.value.finding
    assert (finding.producer.op, finding.cause) == ("adam_update", "optimizer-step")


def test_a_hand_written_update_names_its_own_line(tmp_path):
    def step(net, k):
        weight = net.weight.data()
        norm = nd.norm(weight.grad, axis=1, keepdims=True)
        weight[:] = weight - 0.1 * (weight.grad / norm)

    finding = caught(tmp_path, step).finding
    assert (finding.producer.op, finding.proof, finding.cause) == ("broadcast_div", "proven", "optimizer-step")
    assert finding.producer.index == (1, 0) and "norm 0" in finding.why


@pytest.mark.parametrize("on_kvstore", [True, False])
def test_of_two_devices_the_update_is_found_wherever_it_runs(tmp_path, on_kvstore):
    contexts = [mx.cpu(0), mx.cpu(1)]
    net = nn.Dense(2, in_units=3, use_bias=False)
    net.initialize(mx.init.Uniform(1.0), ctx=contexts)
    options = {"kvstore": "device", "update_on_kvstore": on_kvstore}
    trainer = gluon.Trainer(net.collect_params(), "adam", NO_EPSILON, **options)
    x = nd.array([[1, 0, 2], [3, 0, 4]])
    with pytest.raises(NonFiniteError) as error, nanhunt.watch(dump_dir=tmp_path, explain=False):
        for _ in range(3):
            with autograd.record():
                losses = [(net(x.as_in_context(each)) ** 2).sum() for each in contexts]
            autograd.backward(losses)
            trainer.step(2)
    finding = error.value.finding
    assert (finding.producer.op, finding.producer.index, finding.proof) == ("adam_update", (0, 1), "proven")
    assert "gradient 0" in finding.why


def test_an_update_of_rows_is_run_again_by_rows(tmp_path):
    words = nn.Embedding(8, 3, sparse_grad=True)
    words.initialize(mx.init.Uniform(1.0))
    trainer = gluon.Trainer(words.collect_params(), "adagrad", {"eps": 0.0})
    with pytest.raises(NonFiniteError) as error, nanhunt.watch(dump_dir=tmp_path, explain=False):
        for _ in range(3):
            with autograd.record():
                loss = (words(nd.array([1, 2, 5])) ** 2)[:, 1:].sum()
            loss.backward()
            trainer.step(1)
    finding = error.value.finding
    assert (finding.producer.op, finding.producer.index, finding.proof) == ("_sparse_adagrad_update", (1, 0), "proven")
