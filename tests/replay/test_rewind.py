"""Going back before a NaN and walking to it again: the same bits at every step, and another end with another setting."""

import json

import mxnet as mx
import numpy as np
import programs
import pytest
from diverging import JUMP, diverge
from mxnet import autograd, gluon, nd

import nanhunt
from nanhunt.backends.base import load
from nanhunt.cli import main
from nanhunt.dump.reader import DumpReader
from nanhunt.dump.rewind import trail_of
from nanhunt.errors import NonFiniteError, ReplayError
from nanhunt.replay.rewinding.walk import Walk


@pytest.fixture(scope="module")
def dump(tmp_path_factory):
    return diverge(tmp_path_factory.mktemp("dumps"), high=10.0, snapshot_every=10).dump


def walked(path, most=None):
    """The walk of a dump, and whether the state that it came to is that of the dump."""
    with DumpReader(path) as reader:
        walk = Walk(reader.record, load())
        return list(walk.run()), walk.differing_state(), walk


def test_a_walk_of_twenty_iterations_and_more_is_bit_identical(dump):
    steps, differing, walk = walked(dump)
    assert len(steps) > 20 and [each.step for each in steps] == list(range(walk.first, walk.last + 1))
    assert all(each.identical and each.compared >= 4 for each in steps) and differing == []
    assert all(not each.bad for each in steps[:-1]) and steps[-1].bad
    assert steps[-2].loss > 1e6 * steps[-12].loss


def test_the_command_goes_back_and_says_where_growth_began(dump, capsys):
    assert main(["replay", str(dump), "--rewind", "20"]) == 0
    out = capsys.readouterr().out
    assert "bit-identical in all 21 iterations" in out
    assert out.count("the same (") == 21 and max(map(len, out.splitlines()[1:])) <= 80
    assert "diverged. Growth began at step %d " % JUMP in " ".join(out.split())


def test_a_lower_rate_would_have_lived_and_a_higher_one_would_have_died_before(dump, tmp_path, capsys):
    code = main(
        ["replay", str(dump), "--rewind", "15", "--json", str(tmp_path / "finding.json")]
        + ["--try", "lr=0.05", "--try", "lr=80", "--try", "clip-grad=1e-3"]
    )
    assert code == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "lives lr=0.05: finite through step" in out and "lives clip-grad=1e-3" in out
    assert "dies lr=80: non-finite at step" in out and "earlier than it was" in out
    finding = json.loads((tmp_path / "finding.json").read_text())
    assert finding["run_up"]["verdict"] == "diverged" and abs(finding["run_up"]["since"]["step"] - JUMP) <= 2
    assert [fix["result"] for fix in finding["fixes"][-3:]] == ["finite", finding["fixes"][-2]["result"], "finite"]


def test_further_back_than_the_snapshot_is_one_clear_line(dump, capsys):
    assert main(["replay", str(dump), "--rewind", "5000"]) == 1
    assert "goes back at most" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["0"], ["5", "--ladder"], ["5", "--repeat", "2"], ["5", "--try", "hybrid"]])
def test_what_does_not_go_with_it_is_usage(dump, words, capsys):
    assert main(["replay", str(dump), "--rewind", *words]) == 2
    assert "--rewind" in capsys.readouterr().err


def test_a_dump_without_a_snapshot_says_what_to_do(tmp_path, capsys):
    path = diverge(tmp_path).dump
    assert main(["replay", str(path), "--rewind", "5"]) == 1
    assert "train with --snapshot-every" in capsys.readouterr().err


@pytest.mark.parametrize(
    "optimizer, settings, high",
    [
        ("adam", {"learning_rate": 1e-3}, 1e19),
        ("nag", {"learning_rate": 0.05, "momentum": 0.5}, 1e3),
        ("rmsprop", {"learning_rate": 1e-3, "centered": True}, 1e19),
        ("sgd", {"learning_rate": 500.0, "lr_scheduler": mx.lr_scheduler.FactorScheduler(1, 0.999)}, 0),
    ],
)
def test_the_update_of_other_optimizers_is_walked_as_well(optimizer, settings, high, tmp_path):
    error = diverge(tmp_path, optimizer, settings, high, snapshot_every=4)
    steps, differing, _ = walked(error.dump)
    assert len(steps) > 3 and all(each.identical for each in steps) and differing == []


def test_gradients_that_the_program_clips_itself_are_clipped_again(tmp_path):
    def clip(net):
        gluon.utils.clip_global_norm([each.grad() for each in net.collect_params().values() if each.grad_req != "null"], 1e18)

    error = diverge(tmp_path, high=1e3, before_update=clip, snapshot_every=4)
    steps, differing, _ = walked(error.dump)
    assert len(steps) > 3 and all(each.identical for each in steps) and differing == []


def test_parameters_set_from_numpy_are_noticed(tmp_path):
    def meddle(net):
        net[2].bias.set_data(nd.array(np.ones(4, "float32") + net[2].bias.data().asnumpy()))

    error = diverge(tmp_path, before_update=meddle, snapshot_every=4)
    steps, differing, _ = walked(error.dump)
    assert all(each.identical for each in steps) and differing == []  # `set_data` copies by an operator, which is noted

    def overwrite(net):
        net[2].bias.data()._sync_copyfrom(np.zeros(4, "float32"))

    error = diverge(tmp_path, before_update=overwrite, snapshot_every=4)
    with DumpReader(error.dump) as reader, pytest.raises(ReplayError, match="copied values from NumPy into weight"):
        Walk(reader.record, load())


def test_compiled_blocks_are_walked_as_well(tmp_path):
    error = diverge(tmp_path, hybridize=True, snapshot_every=8)
    steps, differing, _ = walked(error.dump)
    assert len(steps) > 6 and all(each.identical for each in steps) and differing == []


def test_a_random_stream_left_alone_is_walked_with_the_masks_that_were_drawn(tmp_path):
    error = diverge(tmp_path, reseed=False, snapshot_every=8)
    steps, differing, _ = walked(error.dump)
    assert len(steps) > 6 and all(each.identical for each in steps) and differing == []


def test_what_is_kept_on_disk_is_walked_as_well_and_gone_afterwards(tmp_path):
    error = diverge(tmp_path / "dumps", snapshot_every=8, history_spill=tmp_path / "spill", history_memory=1)
    steps, differing, _ = walked(error.dump)
    assert len(steps) > 6 and all(each.identical for each in steps) and differing == []
    assert list((tmp_path / "spill").iterdir()) == []


@pytest.mark.parametrize("kind", ["module", "plain"])
def test_other_ways_to_train_are_walked_as_well(kind, tmp_path):
    draw = np.random.RandomState(5)

    def batch():
        return draw.randn(16, 8).astype("float32"), draw.randn(16, 4).astype("float32")

    options = {"dump_dir": tmp_path, "explain": False, "on_notice": lambda text: None, "snapshot_every": 5}
    with pytest.raises(NonFiniteError) as error:
        if kind == "module":
            x, y = mx.sym.var("data"), mx.sym.var("label")
            out = mx.sym.LinearRegressionOutput(mx.sym.FullyConnected(x, num_hidden=4), y)
            module = mx.mod.Module(out, label_names=["label"])
            module.bind([("data", (16, 8))], [("label", (16, 4))])
            module.init_params()
            module.init_optimizer(optimizer_params={"learning_rate": 30.0})
            with nanhunt.watch(**options):
                for _ in range(60):
                    data, target = batch()
                    module.forward_backward(mx.io.DataBatch([nd.array(data)], [nd.array(target)]))
                    module.update()
        else:
            weight = nd.array(draw.randn(8, 4).astype("float32"))
            weight.attach_grad()
            with nanhunt.watch(**options):
                for _ in range(60):
                    data, target = map(nd.array, batch())
                    with autograd.record():
                        loss = nd.square(nd.dot(data, weight) - target).mean()
                    loss.backward()
                    weight[:] = weight - 8.0 * weight.grad
    steps, differing, walk = walked(error.value.dump)
    assert len(steps) > 3 and all(each.identical for each in steps) and differing == []


def test_several_devices_are_refused_in_one_line(tmp_path):
    said = []
    contexts = [mx.cpu(0), mx.cpu(1)]
    net, trainer = programs.segmenter(contexts=contexts, lr=1e3)
    with pytest.raises(NonFiniteError) as error:
        with nanhunt.watch(net, trainer, dump_dir=tmp_path, explain=False, snapshot_every=2, on_notice=said.append) as hunt:
            programs.train(hunt, net, trainer, programs.cross_entropy, 8, contexts=contexts)
    with DumpReader(error.value.dump) as reader:
        assert trail_of(reader.record) is None
    assert sum("several devices" in each for each in said) == 1
