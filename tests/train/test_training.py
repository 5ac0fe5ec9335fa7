"""Whole runs of `nanhunt train`: small, real, on the CPU."""

import json
import re
import signal
import subprocess
import sys
import time
import warnings
from pathlib import Path

import mxnet as mx
import numpy as np
import pytest

from nanhunt.train.checkpoint import OWN

LINE = re.compile(r"^Epoch (\d+) iteration (\d{4})/(\d{4}): training loss (\S+); learning rate (\d+\.\d{6})$", re.MULTILINE)


def iterations(text):
    """(epoch, iteration, iterations, loss, learning rate) of each line, as printed."""
    return LINE.findall(text)


def parameters(path):
    return {name: array.asnumpy() for name, array in mx.nd.load(str(path)).items()}


def same(one, other):
    assert one.keys() == other.keys()
    return [name for name in one if name != OWN + "meta" and one[name].tobytes() != other[name].tobytes()]


@pytest.mark.parametrize("model", ["psp", "icnet"])
def test_a_run_logs_every_iteration_and_leaves_a_checkpoint(run, tmp_path, model):
    code, out, _ = run("--model", model, "--epochs", 1, "--json", tmp_path / "finding.json")
    assert code == 0
    assert [line[:3] for line in iterations(out)] == [("0", "%04d" % i, "0004") for i in range(4)]
    assert [line[4] for line in iterations(out)] == ["%.6f" % (0.01 * (1 - i / 4) ** 0.9) for i in range(4)]
    assert all(np.isfinite(float(line[3])) for line in iterations(out))
    assert (tmp_path / "run" / "train.log").read_text() == out
    assert (tmp_path / "run" / "epoch_0000_mIoU_0.0000.params").exists()
    assert json.loads((tmp_path / "finding.json").read_text()) is None


def test_constant_learning_rate_and_log_interval(run):
    code, out, _ = run("--model", "fcn", "--lr-mode", "constant", "--log-interval", 3, "--epochs", 1)
    assert code == 0
    assert [(line[1], line[4]) for line in iterations(out)] == [("0000", "0.010000"), ("0003", "0.010000")]


def test_validation_after_each_epoch_names_the_checkpoint(run, tmp_path, small):
    small.remove("--no-val")
    code, out, _ = run("--model", "fcn", "--epochs", 1, "--test-batch-size", 3)
    said = re.search(r"^Epoch 0 validation pixAcc: (\d\.\d{3}), mIoU: (\d\.\d{3})$", out, re.MULTILINE)
    assert code == 0
    assert said
    (saved,) = (tmp_path / "run").glob("epoch_0000_mIoU_%s*.params" % said.group(2)[:4])
    code, again, _ = run("--model", "fcn", "--eval", "--resume", saved, "--test-batch-size", 3)
    assert code == 0
    assert said.group(0) in again


@pytest.mark.parametrize(
    "more", [[], ["--optimizer", "adam", "--lr", "0.001"], ["--device", "cpu", "--ngpus", "2"]], ids=" ".join
)
def test_a_resumed_run_is_the_uninterrupted_one_to_the_last_bit(run, tmp_path, more):
    run("--model", "psp", "--max-iterations", 3, "--save-dir", tmp_path / "whole", *more)
    _, first, _ = run("--model", "psp", "--max-iterations", 2, "--save-dir", tmp_path / "first", *more)
    assert [line[1] for line in iterations(first)] == ["0000", "0001"]
    saved = tmp_path / "first" / "epoch_0000_iteration_0002.params"
    _, second, _ = run("--model", "psp", "--max-iterations", 3, "--save-dir", tmp_path / "second", "--resume", saved, *more)
    assert "epoch 0 iteration 2, 2 iterations done" in second
    whole = (tmp_path / "whole" / "train.log").read_text()
    assert iterations(whole) == iterations(first) + iterations(second)
    name = "epoch_0000_iteration_0003.params"
    one, other = parameters(tmp_path / "whole" / name), parameters(tmp_path / "second" / name)
    assert any(key.startswith(OWN + "optimizer") for key in one)
    assert same(one, other) == []


def test_the_same_seed_gives_the_same_run_whatever_the_workers_and_another_seed_does_not(run, tmp_path):
    out = {}
    for name, more in (("a", ["--workers", 3]), ("b", ["--workers", 0]), ("c", ["--seed", 1])):
        out[name] = iterations(run("--model", "psp", "--max-iterations", 2, "--save-dir", tmp_path / name, *more)[1])
    assert out["a"] == out["b"] != out["c"]


def test_watching_changes_nothing(run, tmp_path):
    for name, more in (("a", []), ("b", ["--no-watch"])):
        run("--model", "psp", "--max-iterations", 2, "--save-dir", tmp_path / name, *more)
    name = "epoch_0000_iteration_0002.params"
    assert same(parameters(tmp_path / "a" / name), parameters(tmp_path / "b" / name)) == []


def test_two_cpu_contexts_train_with_an_uneven_split(run):
    code, out, _ = run("--model", "fcn", "--ngpus", 2, "--batch-size", 3, "--max-iterations", 2)
    assert code == 0
    assert out.startswith("no GPU that MXNet can use: running on 2 CPU contexts\n")
    assert [line[1:3] for line in iterations(out)] == [("0000", "0002"), ("0001", "0002")]


def test_syncbn_over_eight_devices_runs_on_a_machine_without_gpus(run):
    code, out, _ = run("--model", "icnet", "--ngpus", 8, "--batch-size", 8, "--syncbn", "--max-iterations", 1)
    assert code == 0
    assert len([line for line in out.splitlines() if "the whole batch runs on cpu(0)" in line]) == 1
    assert len(iterations(out)) == 1


def test_a_gluoncv_parameter_file_is_a_beginning(run, tmp_path):
    from gluoncv.model_zoo.segbase import get_segmentation_model

    from nanhunt.train.models import registered_classes

    with warnings.catch_warnings(), registered_classes(19) as dataset:
        warnings.simplefilter("ignore")
        options = {"aux": False, "crop_size": 64, "pretrained_base": False}
        net = get_segmentation_model("psp", dataset=dataset, backbone="resnet50", **options)
        net.initialize()
    net(mx.nd.zeros((1, 3, 64, 64)))
    net.save_parameters(str(tmp_path / "bare.params"))
    options = ["--model", "psp", "--backbone", "resnet50", "--resume", tmp_path / "bare.params"]
    code, out, _ = run(*options, "--start-epoch", 1, "--max-iterations", 5)
    assert code == 0
    assert "holds parameters only: starting at epoch 1" in out
    assert [line[:2] for line in iterations(out)] == [("1", "0000")]


def test_gluoncv_reads_our_checkpoints(run, tmp_path):
    from dataclasses import replace

    from nanhunt.train.models import build_model
    from nanhunt.train.options import TrainOptions

    run("--model", "fcn", "--max-iterations", 1)
    net = build_model(
        replace(TrainOptions(), model="fcn", backbone="resnet18", pretrained_base=False, crop_size=64), (mx.cpu(),), print
    )
    net.load_parameters(str(tmp_path / "run" / "epoch_0000_iteration_0001.params"), ignore_extra=True)


def test_clipping_bounds_the_first_update(run, tmp_path):
    saved = {}
    for limit in (1e9, 1e-3):
        run(
            "--model",
            "fcn",
            "--max-iterations",
            1,
            "--clip-grad",
            limit,
            "--weight-decay",
            0,
            "--save-dir",
            tmp_path / str(limit),
        )
        saved[limit] = parameters(tmp_path / str(limit) / "epoch_0000_iteration_0001.params")
    momentum = {limit: [a for n, a in arrays.items() if n.startswith(OWN + "optimizer")] for limit, arrays in saved.items()}
    norms = {limit: np.sqrt(sum((a.astype("float64") ** 2).sum() for a in arrays)) for limit, arrays in momentum.items()}
    assert norms[1e9] > 1e-2
    # momentum after one step is -lr * lr_mult * gradient, and lr_mult is 10 in the head
    assert 0.9e-5 < norms[1e-3] < 1.1e-4


DIVERGING = ["--model", "psp", "--lr", "1e8", "--lr-mode", "constant", "--epochs", 1]
"""Goes non-finite at the second iteration."""


def test_a_hit_is_logged_then_explained_dumped_and_written_as_json(run, tmp_path):
    code, out, _ = run(*DIVERGING, "--log-interval", 20, "--json", tmp_path / "finding.json", "--dump-dir", tmp_path / "dumps")
    assert code == 3
    assert [line[1] for line in iterations(out)] == ["0000", "0001"]
    assert iterations(out)[-1][3] in ("nan", "inf")
    assert out.index("training loss %s" % iterations(out)[-1][3]) < out.index("NON-FINITE")
    assert "NON-FINITE" in (tmp_path / "run" / "train.log").read_text()
    finding = json.loads((tmp_path / "finding.json").read_text())
    assert finding["iteration"] == {"epoch": 0, "iteration": 1, "step": 1}
    assert finding["producer"]["file"].startswith("images/")
    assert len(list((tmp_path / "dumps").glob("*.h5"))) == 1


@pytest.mark.parametrize("reaction", ["skip", "warn"])
def test_a_run_may_go_on_after_a_hit_and_still_says_3(run, tmp_path, reaction):
    code, out, _ = run(*DIVERGING, "--on-nonfinite", reaction, "--no-explain", "--keep-dumps", 1)
    assert code == 3
    assert [line[1] for line in iterations(out)] == ["0000", "0001", "0002", "0003"]
    assert len(list((tmp_path / "run" / "dumps").glob("*.h5"))) == 1
    saved = [
        array for name, array in parameters(tmp_path / "run" / "epoch_0000_mIoU_0.0000.params").items() if "meta" not in name
    ]
    assert all(np.isfinite(array).all() for array in saved) == (reaction == "skip")


def test_eighteen_classes_are_warned_about_and_run_and_the_label_that_has_none_is_found(run, tmp_path):
    code, out, _ = run("--model", "fcn", "--num-class", 18, "--epochs", 1, "--json", tmp_path / "finding.json")
    assert len(re.findall(r"^warning: --num-class 18 with labels 0\.\.18: ", out, re.MULTILINE)) == 1
    assert [line[1] for line in iterations(out)] == ["0000", "0001", "0002", "0003"]
    finding = json.loads((tmp_path / "finding.json").read_text())
    assert code == 3
    assert (finding["cause"], finding["producer"]["phase"], finding["producer"]["block"]) == ("bad-label", "data", "label")
    assert not any(finding["spread"].values())
    assert "label 18" in finding["why"] and finding["producer"]["file"].startswith("images/")
    assert out.count("BAD LABEL") == 1


@pytest.mark.parametrize("content", [b"", b"no parameters at all", None])
def test_a_checkpoint_that_is_none_or_cut_short_is_one_line(run, tmp_path, content):
    run("--model", "fcn", "--max-iterations", 1)
    whole = tmp_path / "run" / "epoch_0000_iteration_0001.params"
    bad = tmp_path / "bad.params"
    bad.write_bytes(whole.read_bytes()[:200000] if content is None else content)
    code, _, err = run("--model", "fcn", "--resume", bad)
    assert code == 1
    assert str(bad) in err
    assert len(err.strip().splitlines()[-1:]) == 1
    assert "Traceback" not in err


@pytest.mark.parametrize(
    "more, said",
    [
        (["--model", "psp"], "give the --model, --backbone and --aux that it was saved with"),
        (["--model", "fcn", "--num-class", 18], "give the --backbone and --num-class that it was saved with"),
        (["--model", "fcn", "--aux"], "auxlayer"),
    ],
)
def test_a_checkpoint_of_another_network_is_one_line(run, tmp_path, more, said):
    run("--model", "fcn", "--max-iterations", 1)
    code, _, err = run(*more, "--resume", tmp_path / "run" / "epoch_0000_iteration_0001.params")
    assert code == 1
    assert said in err
    assert "Traceback" not in err


def test_another_seed_after_resuming_is_warned_about(run, tmp_path):
    run("--model", "fcn", "--max-iterations", 1)
    saved = tmp_path / "run" / "epoch_0000_iteration_0001.params"
    _, out, _ = run("--model", "fcn", "--max-iterations", 2, "--seed", 5, "--resume", saved)
    assert "it sees other batches" in out


@pytest.mark.parametrize(
    "more, said", [(["--ngpus", 0], "--ngpus"), (["--json", "no/such/folder.json"], "--json"), (["--model", "x"], "--model")]
)
def test_usage_is_two_lines_and_exit_code_2(run, more, said):
    code, out, err = run(*more)
    assert (code, out) == (2, "")
    assert said in err
    assert "Traceback" not in err


def test_a_full_disk_leaves_no_half_checkpoint(run, tmp_path, monkeypatch):
    def full(path, arrays):
        Path(path).write_bytes(b"half")
        raise mx.base.MXNetError("write failed: No space left on device")

    monkeypatch.setattr(mx.nd, "save", full)
    code, _, err = run("--model", "fcn", "--max-iterations", 1)
    assert code == 1
    assert "No space left on device" in err
    assert "another --save-dir" in err
    assert not [each for each in (tmp_path / "run").iterdir() if each.suffix in (".params", ".part")]


def start(tmp_path, small, *more):
    """A long run in a process of its own, begun."""
    command = [sys.executable, "-m", "nanhunt", "train", *small, "--model", "fcn", "--epochs", "500", *more]
    process = subprocess.Popen(
        command + ["--save-dir", str(tmp_path / "run")], stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True
    )
    while not LINE.match(process.stdout.readline()):
        assert process.poll() is None, process.stderr.read()
    return process


@pytest.mark.parametrize("number, code", [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_ends_the_run_with_a_checkpoint_that_resumes(run, tmp_path, small, number, code):
    process = start(tmp_path, small)
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == code
    assert "with a checkpoint; interrupt again to end at once" in err
    saved = Path(re.search(r"^checkpoint: (.*)$", out, re.MULTILINE).group(1))
    epoch, iteration = re.match(r"epoch_(\d+)_iteration_(\d+)", saved.name).groups()
    again, out, _ = run(
        "--model", "fcn", "--epochs", 500, "--resume", saved, "--max-iterations", int(epoch) * 4 + int(iteration) + 1
    )
    assert again == 0
    assert [(int(line[0]), int(line[1])) for line in iterations(out)] == [(int(epoch), int(iteration))]


def test_a_second_interrupt_ends_at_once_even_in_a_hanging_engine(tmp_path):
    program = (
        "import ctypes, sys\nfrom nanhunt.train.interrupts import Interrupts\n"
        "with Interrupts():\n    print('ready', flush=True)\n    libc = ctypes.CDLL(None)\n"
        "    while True: libc.usleep(900000000)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout.readline() == b"ready\n"
    for _ in range(2):
        process.send_signal(signal.SIGINT)
        time.sleep(0.3)
    assert process.wait(timeout=10) == 130
    process.communicate()


def test_handlers_are_put_back():
    from nanhunt.train.interrupts import SIGNALS, Interrupts

    before = [signal.getsignal(each) for each in SIGNALS]
    with Interrupts() as interrupts:
        signal.raise_signal(signal.SIGTERM) if hasattr(signal, "raise_signal") else __import__("os").kill(
            __import__("os").getpid(), 15
        )
        time.sleep(0.1)
        assert interrupts.received == signal.SIGTERM
    assert [signal.getsignal(each) for each in SIGNALS] == before
