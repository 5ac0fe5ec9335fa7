"""Programs that go non-finite by their own arithmetic, and which change to the iteration cures each of them."""

import json

import mxnet as mx
import numpy as np
import pytest
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn
from programs import cross_entropy, samples, segmenter

import nanhunt
from nanhunt.backends.base import load
from nanhunt.cli import main
from nanhunt.dump.reader import DumpReader
from nanhunt.errors import NonFiniteError
from nanhunt.replay.cures import CHANGES, advised, parse, try_changes, try_fixes
from nanhunt.replay.explain import explain
from nanhunt.replay.session import Session

COLUMN = np.array([[1.0], [2.0], [4.0]], "float32")


def dump_of(tmp_path, net, loss_of, x, trainer=None, named=None, hybridize=False, steps=1):
    """Train on one batch until it goes non-finite; the dump's path."""
    mx.random.seed(5)
    if any(parameter._data is None for parameter in net.collect_params().values()):
        net.initialize(mx.init.One())
    if hybridize:
        net.hybridize()
    net(nd.array(x, dtype=x.dtype))
    trainer = trainer or gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1})
    with pytest.raises(NonFiniteError) as caught, nanhunt.watch(net, trainer, dump_dir=tmp_path) as hunt:
        for _ in range(steps):
            batch = nd.array(x, dtype=x.dtype)
            if named is not None:
                hunt.next_batch({"cpu(0)": {"data": batch}}, samples=named)
            with autograd.record():
                loss = loss_of(net(batch))
            loss.backward()
            trainer.step(1)
    assert caught.value.dump is not None
    return caught.value.dump


def test_a_gradient_of_some_rows_is_one_of_all_rows_in_float64(tmp_path):
    """MXNet 1.4.1 ends the process otherwise."""
    net = nn.HybridSequential()
    net.add(nn.Embedding(20, 4, sparse_grad=True, weight_initializer=mx.init.Constant(3e38)), nn.Dense(3))
    x = np.arange(10, dtype="float32").reshape(2, 5)
    dump = dump_of(tmp_path, net, lambda out: out.sum(), x)
    assert tried(dump, "float64-all")["float64-all"].cures


def linear():
    """One weight a channel, 1 at the start."""
    net = nn.HybridSequential()
    net.add(nn.Dense(1, use_bias=False, flatten=False))
    return net


def tried(dump, *changes):
    """Change as it was given -> the row."""
    with DumpReader(dump) as reader:
        session = Session(reader.record, load())
        explanation = explain(reader.record, session.backend)
        rows = try_changes(session, explanation, parse(changes), dump)
    return {row.change.split("=")[0]: row for row in rows}


def fixes(dump, seconds=60):
    with DumpReader(dump) as reader:
        session = Session(reader.record, load())
        return try_fixes(session, explain(reader.record, session.backend), seconds)


@pytest.fixture(scope="module")
def underflow(tmp_path_factory):
    """log of a softmax that underflows in one of two samples."""
    net, trainer = segmenter()
    x = np.random.RandomState(1).randn(2, 3, 8, 8).astype("float32")
    label = nd.array(np.arange(128).reshape(2, 8, 8) % 4)
    scale = nd.array(np.array([1.0, 60.0], "float32").reshape(2, 1, 1, 1))
    return dump_of(
        tmp_path_factory.mktemp("underflow"), net, lambda h: cross_entropy(h * scale, label), x, trainer, named=samples(2)
    )


def cancelling(tmp_path):
    """SyncBatchNorm on channels with means from 20 to 60 and a true variance of 1e-8."""
    spread = np.linspace(-1.7, 1.7, 32).reshape(2, 1, 4, 4)
    x = (np.linspace(20, 60, 64).reshape(1, 64, 1, 1) + 1e-4 * spread).astype("float32")
    net = nn.HybridSequential()
    net.add(gluon.contrib.nn.SyncBatchNorm(num_devices=1))
    return dump_of(tmp_path, net, lambda h: (h * h).sum(), x)


def test_log_softmax_cures_an_underflow_and_what_acts_on_gradients_does_not(underflow):
    rows = tried(underflow, "log-softmax", "clip-grad=2", "lr=1e-5", "batchnorm", "float64", "imperative")
    assert rows["log-softmax"].cures
    assert "gradient norm" in rows["log-softmax"].note and "SoftmaxOutput" in rows["log-softmax"].note
    assert rows["clip-grad"].result.startswith("changes nothing: the gradients are finite (norm ")
    assert "after the loss came out" in rows["clip-grad"].result
    assert rows["lr"].result.startswith("changes nothing: ") and "0.1" in rows["lr"].result
    assert rows["batchnorm"].result.startswith("not possible: there is no _contrib_SyncBatchNorm")
    assert rows["float64"].result.startswith("still ") and rows["float64"].result.endswith(" in loss")
    assert "in float64 as well" in rows["float64"].note
    assert rows["imperative"].result.startswith("not possible: nothing in the iteration is compiled")


def test_leaving_out_the_sample_that_underflows_cures_it(underflow):
    row = tried(underflow, "drop-sample")["drop-sample"]
    assert row.cures and "images/0001.jpg" in row.did
    other = tried(underflow, "drop-sample=0")["drop-sample"]
    assert other.result.endswith(" in loss")


def test_the_loss_of_log_softmax_is_the_true_one(underflow):
    rows = tried(underflow, "log-softmax", "float64-all")
    loss = float(rows["log-softmax"].note.split(";")[0].split()[1])
    assert rows["float64-all"].cures and loss > 10
    # Dropout may draw others in float64, so this holds roughly
    assert float(rows["float64-all"].note.split()[1]) == pytest.approx(loss, rel=0.2)


def spread_out(h):
    """One feature to three logits, far apart where it is large."""
    return nd.broadcast_mul(h, nd.array([[-1.0, 0.0, 1.0]]))


def column(h):
    return spread_out(h).expand_dims(2)


@pytest.mark.parametrize(
    "loss_of, picked",
    [
        (lambda h: nd.log(nd.softmax(spread_out(h), axis=1)), False),
        (lambda h: nd.log(nd.softmax(spread_out(h) / 2, temperature=0.5)), False),
        (lambda h: nd.log(nd.SoftmaxActivation(column(h), mode="channel")), False),
        (lambda h: nd.log(nd.SoftmaxActivation(spread_out(h))), False),
        (lambda h: nd.log(nd.SoftmaxActivation(spread_out(h).expand_dims(1))), False),
        (lambda h: nd.log(nd.SoftmaxOutput(spread_out(h), nd.zeros((2,)))), False),
        (lambda h: nd.log(nd.SoftmaxOutput(column(h), nd.zeros((2, 3)))), False),
        (lambda h: nd.log(nd.SoftmaxOutput(column(h), nd.zeros((2, 1)), multi_output=True)), False),
        (lambda h: nd.log(nd.pick(nd.softmax(spread_out(h), axis=1), nd.zeros((2,)), axis=1)), True),
    ],
)
def test_every_way_to_write_it_is_found(tmp_path, loss_of, picked):
    x = np.array([[1.0], [150.0]], "float32")
    row = tried(dump_of(tmp_path, linear(), lambda h: loss_of(h).sum(), x), "log-softmax")["log-softmax"]
    assert row.cures, row
    exact = x.astype(np.float64) * np.array([-1.0, 0.0, 1.0])
    exact -= exact.max(axis=1, keepdims=True)
    exact -= np.log(np.exp(exact).sum(axis=1, keepdims=True))
    expected = exact[:, 0].sum() if picked else exact.sum()
    assert float(row.note.split(";")[0].split()[1]) == pytest.approx(expected, rel=1e-4)


def test_sync_batch_norm_is_cured_three_ways(tmp_path):
    rows = tried(cancelling(tmp_path), "batchnorm", "eps", "float64", "float64-all", "eps=2e-5", "clip-grad", "log-softmax")
    assert rows["batchnorm"].cures and rows["float64"].cures and rows["float64-all"].cures
    assert rows["clip-grad"].result.startswith("changes nothing: the gradients are nan before")
    assert rows["log-softmax"].result.startswith("not possible: no logarithm of a softmax")
    rows = tried(cancelling(tmp_path / "again"), "eps")
    assert rows["eps"].cures and "eps=0.01" in rows["eps"].change or "eps=0.001" in rows["eps"].change


def test_the_advice_of_the_rule_is_tried(tmp_path):
    found = fixes(cancelling(tmp_path))
    assert [fix.result for fix in found if "BatchNorm" in fix.do][:1] == ["finite"]
    assert any("eps" in fix.do and fix.tried and fix.result == "finite" for fix in found)
    assert found[0].result == "finite"


def test_no_budget_tries_nothing(tmp_path):
    assert not any(fix.tried for fix in fixes(cancelling(tmp_path), seconds=0))


def test_eps_cures_the_gradient_of_a_square_root_at_zero(tmp_path):
    dump = dump_of(tmp_path, linear(), lambda h: nd.sqrt(nd.relu(h)).sum(), COLUMN - 1)
    rows = tried(dump, "eps", "clip-input", "float64", "clip-grad", "lr")
    assert rows["eps"].cures and rows["eps"].change == "eps=1e-12"
    assert rows["clip-input"].cures
    assert rows["float64"].result.startswith("still ") and rows["float64"].result.endswith(" in gradients")
    assert rows["clip-grad"].result.startswith("changes nothing")
    assert rows["lr"].result.startswith("changes nothing")


@pytest.mark.parametrize(
    "loss_of, x, change",
    [
        (lambda h: nd.norm(h * 0), COLUMN, "eps"),
        (lambda h: (1 / nd.relu(h)).sum(), COLUMN - 1, "eps"),
        (lambda h: nd.broadcast_div(h, nd.relu(h)).sum(), COLUMN - 1, "eps"),
        (lambda h: nd.arccos(h / 4).sum(), COLUMN, "eps"),
        (lambda h: nd.arcsin(h).sum(), COLUMN, "clip-input"),
        (lambda h: nd.log(h).sum(), COLUMN - 2, "clip-input"),
        (lambda h: nd.exp(h * 30).sum(), COLUMN, "clip-input"),
        (lambda h: nd.exp(h * 30).sum(), COLUMN, "clip-input=-1,1"),
    ],
)
def test_the_domain_of_the_operator_is_kept(tmp_path, loss_of, x, change):
    row = next(iter(tried(dump_of(tmp_path, linear(), loss_of, x), change).values()))
    assert row.cures, row


def test_float64_cures_an_exponential_whose_logarithm_is_taken(tmp_path):
    dump = dump_of(tmp_path, linear(), lambda h: nd.log(nd.exp(h * 30).sum()), COLUMN)
    rows = tried(dump, "float64-all", "float64", "eps")
    assert rows["float64-all"].cures
    assert rows["float64-all"].note == "loss 120"
    assert rows["float64"].result.startswith("still ") and "finite in float64, but beyond" in rows["float64"].note
    assert rows["eps"].result.startswith("not possible: exp has no eps")


def test_operators_that_are_told_no_dtype_become_float64_too(tmp_path):
    def loss_of(h):
        return nd.log(nd.dot(nd.one_hot(nd.array([0, 2, 1]), 3), nd.exp(h * 30))).sum()

    assert tried(dump_of(tmp_path, linear(), loss_of, COLUMN), "float64-all")["float64-all"].cures


def test_a_bad_sample_is_left_out(tmp_path):
    x = COLUMN.copy()
    x[1] = np.inf
    rows = tried(
        dump_of(tmp_path, linear(), lambda h: h.sum(), x, named=samples(3)), "drop-sample", "eps", "float64", "lr", "clip-grad"
    )
    assert rows["drop-sample"].cures
    assert "images/0001.jpg" in rows["drop-sample"].did and "other 2 do not carry it" in rows["drop-sample"].note
    assert rows["eps"].result.startswith("not possible: no operator produced it")


def test_two_bad_samples_are_left_out_together(tmp_path):
    x = np.array([[1.0], [-2.0], [4.0], [-1.0]], "float32")
    dump = dump_of(tmp_path, linear(), lambda h: nd.log(h).sum(), x, named=samples(4))
    row = tried(dump, "drop-sample")["drop-sample"]
    assert row.cures and row.change == "drop-sample=1,3" and "images/0003.jpg" in row.did


def test_a_mask_that_the_batch_size_is_written_into_takes_another_sample_instead(tmp_path):
    dump = dump_of(tmp_path, linear(), lambda h: nd.log(h.reshape((3, 1))).sum(), COLUMN - 1.5, named=samples(3))
    row = tried(dump, "drop-sample")["drop-sample"]
    assert row.cures and "sample 1 again in its place" in row.did


def test_where_nothing_cures_every_row_says_so(tmp_path, capsys):
    def beyond_float64(h):
        for _ in range(11):
            h = h * 1e30
        return h.sum()

    dump = dump_of(tmp_path, linear(), beyond_float64, COLUMN, named=samples(3))
    assert main(["replay", str(dump), "--ladder", "--json", str(tmp_path / "f.json")]) == 0
    found = json.loads((tmp_path / "f.json").read_text())["fixes"]
    assert not any(fix["tried"] and fix["result"] == "finite" for fix in found)
    kinds = ("still ", "changes nothing: ", "not possible: ")
    assert all(fix["result"].startswith(kinds) for fix in found if fix["tried"])
    assert {"naive-engine", "threads"} <= {fix["do"].split(":")[0] for fix in found}
    assert any("each of the 3 samples alone shows it" in fix["do"] for fix in found)
    out = capsys.readouterr().out
    assert "no cure" in out and "Traceback" not in out


def test_a_parameter_that_was_bad_before_is_cured_by_nothing(tmp_path):
    net = linear()
    net.initialize(mx.init.One())
    net(nd.array(COLUMN))
    net[0].weight.set_data(nd.array([[np.nan]]))
    dump = dump_of(tmp_path, net, lambda h: h.sum(), COLUMN)
    rows = tried(dump, *CHANGES)
    assert not any(row.cures for row in rows.values()), rows
    assert "before the iteration began" in rows["lr"].result and "before the iteration began" in rows["eps"].result


def test_another_process_gives_the_same_bits(underflow):
    rows = tried(underflow, "naive-engine", "threads=1")
    for row in rows.values():
        assert row.result.startswith("still ") and row.result.endswith(" in loss")
    assert "the same bits in all" in rows["naive-engine"].did


def five_readers(hybridize):
    """A value that five operators read."""

    class Five(nn.HybridBlock):
        def __init__(self):
            super().__init__()
            with self.name_scope():
                self.first = nn.Dense(4, flatten=False)

        def hybrid_forward(self, F, x):
            h = F.sigmoid(self.first(x))
            return F.add_n(*[F.sigmoid(h * k) for k in range(1, 6)])

    return Five()


@pytest.mark.parametrize("hybridize", [False, True])
def test_compiled_gradients_are_compared_with_imperative_ones(tmp_path, hybridize):
    dump = dump_of(
        tmp_path, five_readers(hybridize), lambda h: h.sum() + nd.log(nd.BlockGrad(h) * 0).sum(), COLUMN, hybridize=hybridize
    )
    rows = tried(dump, "hybrid", "imperative")
    asked, other = ("imperative", "hybrid") if hybridize else ("hybrid", "imperative")
    assert rows[other].result.startswith("not possible: ")
    wrong = tuple(int(n) for n in mx.__version__.split(".")[:2]) < (1, 7)
    assert ("issues/17989" in rows[asked].did) == wrong, rows[asked]
    assert rows[asked].result.startswith("still ") and "loss" in rows[asked].result


def test_a_compiled_network_is_opened_for_a_change(tmp_path):
    class Head(nn.HybridBlock):
        def __init__(self):
            super().__init__()
            with self.name_scope():
                self.norm = gluon.contrib.nn.SyncBatchNorm(num_devices=1)

        def hybrid_forward(self, F, x):
            return F.square(F.tanh(self.norm(x)) * 2)

    spread = np.linspace(-1.7, 1.7, 32).reshape(2, 1, 4, 4)
    x = (np.linspace(20, 60, 64).reshape(1, 64, 1, 1) + 1e-4 * spread).astype("float32")
    rows = tried(dump_of(tmp_path, Head(), lambda h: h.sum(), x, hybridize=True), "batchnorm", "eps", "imperative")
    assert rows["batchnorm"].cures and rows["eps"].cures
    assert rows["imperative"].result == "still nan in loss and gradients"


def updated(tmp_path, optimizer, settings, x):
    net = linear()
    net.initialize(mx.init.One())
    net(nd.array(x))
    trainer = gluon.Trainer(net.collect_params(), optimizer, settings)
    return dump_of(tmp_path, net, lambda h: (h * h).sum(), x, trainer, steps=3)


def test_a_lower_learning_rate_does_not_help_a_division_by_no_second_moment(tmp_path):
    dump = updated(tmp_path, "adam", {"learning_rate": 0.1, "epsilon": 0.0}, COLUMN * 0)
    rows = tried(dump, "lr", "clip-grad", "eps", "float64")
    assert rows["lr"].result == rows["clip-grad"].result == "still nan in the update's adam_update"
    assert rows["clip-grad"].did == "the gradients that the update read have a norm of 0, which 10 leaves as it is"
    assert rows["eps"].cures and "epsilon 1e-08 instead of 0 in adam_update" in rows["eps"].did


def test_a_lower_learning_rate_helps_a_step_that_is_too_long(tmp_path):
    dump = updated(tmp_path, "adam", {"learning_rate": 1e39}, COLUMN)
    rows = tried(dump, "lr=0.1")
    assert rows["lr"].cures and "instead of 1e+39" in rows["lr"].did


def test_what_the_dump_does_not_hold_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr("nanhunt.backends.mxnet.updating._ALARMED_BYTES", 0)
    monkeypatch.setattr("nanhunt.backends.mxnet.updating._USUAL_BYTES", 0)
    row = tried(updated(tmp_path, "sgd", {"learning_rate": 3e38}, COLUMN), "lr")["lr"]
    assert row.result.startswith("not possible: the dump was taken one iteration after SGD's update")
    row = tried(updated(tmp_path / "b", "rmsprop", {"learning_rate": 3e38}, COLUMN), "lr")["lr"]
    assert row.result.startswith("not possible: the update of RMSProp")
    dump = updated(tmp_path / "c", "adam", {"learning_rate": 0.1, "epsilon": 0.0}, COLUMN * 0)
    rows = tried(dump, "lr", "clip-grad")  # its moments alone tell as much
    assert rows["lr"].result.startswith("changes nothing: Adam divides by sqrt(v) + epsilon, which is 0 ")
    assert rows["clip-grad"].result.startswith("not possible: the dump was taken one iteration after")


class Scale(nn.HybridBlock):
    """One factor; a float16 layer that MXNet also has on the CPU."""

    def __init__(self):
        super().__init__()
        self.factor = self.params.get("factor", shape=(1, 1))

    def hybrid_forward(self, F, x, factor):
        return F.broadcast_mul(x, factor)


def test_float16_overflow_is_cured_by_more_bits(tmp_path):
    net = Scale()
    net.cast("float16")
    dump = dump_of(tmp_path, net, lambda h: (nd.exp(h * 3) / 100).sum(), COLUMN.astype("float16"))
    rows = tried(dump, "float64-all", "clip-input", "float64")
    assert rows["float64-all"].cures and rows["clip-input"].cures
    assert rows["float64"].result.startswith("still ") and "beyond the dtype" in rows["float64"].note


def test_an_unknown_change_is_one_line_with_those_that_there_are(tmp_path, capsys):
    assert main(["replay", str(tmp_path / "none.h5"), "--try", "prayer"]) == 2
    err = capsys.readouterr().err
    assert len(err.strip().splitlines()) == 1 and "'prayer'" in err
    assert all(name in err for name in CHANGES)


@pytest.mark.parametrize(
    "text", ["eps=small", "eps=-1", "clip-input=1", "clip-input=2,1", "threads=0", "batchnorm=1", "drop-sample=a"]
)
def test_a_wrong_value_is_a_usage_error(tmp_path, capsys, text):
    assert main(["replay", str(tmp_path / "none.h5"), "--try", text]) == 2
    assert text.split("=")[1] in capsys.readouterr().err


def test_the_help_names_every_change(capsys):
    main(["replay", "--help"])
    out = " ".join(capsys.readouterr().out.split())
    assert all(name in out.replace("- ", "-") for name in CHANGES)


def test_replay_tries_what_the_cause_proposes_unless_told_not_to(underflow, tmp_path, capsys):
    page, finding = tmp_path / "page.html", tmp_path / "f.json"
    assert main(["replay", str(underflow), "--json", str(finding), "--html", str(page)]) == 0
    assert any(fix["tried"] and fix["result"] == "finite" for fix in json.loads(finding.read_text())["fixes"])
    assert "cure " in capsys.readouterr().out
    assert "What to do" in page.read_text() and "finite" in page.read_text()
    assert main(["replay", str(underflow), "--no-try", "--json", str(finding)]) == 0
    assert not any(fix["tried"] for fix in json.loads(finding.read_text())["fixes"])
    assert main(["replay", str(underflow), "--try", "lr=1", "--try", "eps", "--json", str(finding)]) == 0
    assert sum(fix["tried"] for fix in json.loads(finding.read_text())["fixes"]) == 2


@pytest.mark.parametrize(
    "advice, name",
    [
        ("compute log_softmax(logits) in one operator instead of log(softmax(logits))", "log-softmax"),
        ("use BatchNorm, which computes the variance in two passes", "batchnorm"),
        ("keep the argument positive, for example maximum(x, eps)", "clip-input"),
        ("keep the argument positive, for example maximum(x, eps), or find out why it went below 0", "clip-input"),
        ("a lower learning rate, warm-up, or clipping gradients from the start: the run was lost iterations ago", None),
        ("another kernel for it: operators that compute the same, MKL-DNN off, or another version", "mkldnn-off"),
        ("keep the argument away from 0, for example log(x + eps)", "eps"),
        ("find out why the inputs grew: clipping gradients before this iteration", None),
        ("look at the data", None),
    ],
)
def test_advice_is_understood(advice, name):
    assert advised(advice) == name
