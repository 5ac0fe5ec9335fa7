"""A dump replays from the file alone, in a new process, bit for bit; one changed bit is noticed."""

import dataclasses
import json
import os
import shutil
import subprocess
import sys
import zlib

import h5py
import mxnet as mx
import numpy as np
import programs
import pytest
from mxnet import autograd

import nanhunt
from nanhunt.backends.graph import Graph
from nanhunt.dump import format
from nanhunt.dump.reader import DumpReader
from nanhunt.errors import NonFiniteError


def replay(*arguments, **options):
    # Far from the project and its tests: nothing but the file may be needed.
    return subprocess.run(
        [sys.executable, "-m", "nanhunt", "replay"] + [str(each) for each in arguments],
        capture_output=True,
        text=True,
        env=dict(
            os.environ,
            PYTHONPATH=os.pathsep.join([str(root())] + [p for p in [os.environ.get("PYTHONPATH")] if p]),
            COLUMNS="80",
        ),
        check=False,
        **options,
    )


def root():
    return os.path.dirname(os.path.dirname(os.path.abspath(nanhunt.__file__)))


def dump_of(folder, hybridize=False, contexts=None, loss=programs.cross_entropy, lr=1e3):
    net, trainer = programs.segmenter(hybridize=hybridize, contexts=contexts, lr=lr)
    with pytest.raises(NonFiniteError) as error:
        with nanhunt.watch(net, trainer, dump_dir=folder) as hunt:
            programs.train(hunt, net, trainer, loss, 8, contexts=contexts)
    return error.value


@pytest.fixture(scope="module")
def dump(tmp_path_factory):
    return dump_of(tmp_path_factory.mktemp("dumps")).dump


def test_a_dump_replays_bit_identically_in_a_new_process(dump, tmp_path):
    done = replay(dump, "--json", tmp_path / "finding.json", "--repeat", 3, cwd=str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("bit-identical") == 3 and "all 3 runs gave the same bits" in done.stdout
    finding = json.loads((tmp_path / "finding.json").read_text())
    assert finding["replay"]["bit_identical"] is True
    assert finding["producer"]["op"] == "log" and finding["cause"] == "softmax-underflow"
    with h5py.File(str(dump), "r") as file:
        assert json.loads(file.attrs["finding"])["producer"] == finding["producer"]


def test_hybridized_two_device_and_backward_only_dumps_replay_too(tmp_path):
    for number, options in enumerate(
        [
            {"hybridize": True},
            {"contexts": [mx.cpu(0), mx.cpu(1)]},
            {"loss": programs.norm_of_zero, "lr": 0.1},
            {"loss": programs.cross_entropy_of_integers},
        ]
    ):
        error = dump_of(tmp_path / str(number), **options)
        done = replay(error.dump, cwd=str(tmp_path))
        assert done.returncode == 0, (options, done.stdout, done.stderr)
        assert error.finding.replay.bit_identical


def marked_again(net):
    for parameter in net.collect_params().values():
        if parameter.grad_req != "null":
            autograd.mark_variables(parameter.list_data(), parameter.list_grad())


def accumulating(net):
    for parameter in net.collect_params().values():
        if parameter.grad_req != "null":
            parameter.grad_req = "add"


@pytest.mark.parametrize("mark", [marked_again, accumulating])
def test_parameters_that_the_program_marks_anew_are_still_known_by_their_names(tmp_path, mark):
    net, trainer = programs.segmenter(lr=1e3)
    went = []

    def batches():
        for number, each in enumerate(programs.batches(8)):
            went.append(number)
            if number == 1:
                mark(net)
            yield each

    with pytest.raises(NonFiniteError) as error, nanhunt.watch(net, trainer, dump_dir=tmp_path) as hunt:
        programs.train(hunt, net, trainer, programs.cross_entropy, 8, data=batches())
    assert len(went) > 1 and error.value.finding.replay.bit_identical
    with DumpReader(error.value.dump) as reader:
        leaves = [node.leaf for node in Graph.from_json(reader.record.graph).nodes if node.leaf is not None]
    assert not [leaf for leaf in leaves if leaf.group == "missing"]
    marked = {name for name, parameter in net.collect_params().items() if parameter.grad_req != "null"}
    assert {leaf.name for leaf in leaves if leaf.group == "parameters"} == marked


@pytest.mark.skipif(not hasattr(mx, "np"), reason="this MXNet has no NumPy arrays")
def test_how_a_numpy_array_was_marked_is_in_the_dump(tmp_path):
    weight = mx.np.ones((3,))
    with pytest.raises(NonFiniteError) as error, nanhunt.watch(dump_dir=tmp_path):
        for iteration in range(3):
            for factor in (1.0, 0.0 if iteration == 1 else 1.0):
                weight.attach_grad("add")
                with autograd.record():
                    loss = (mx.np.log(weight * factor) * factor).sum()
                loss.backward()
            weight -= 0.01 * weight.grad
    assert error.value.finding.replay.bit_identical
    with DumpReader(error.value.dump) as reader:
        leaves = [node.leaf for node in Graph.from_json(reader.record.graph).nodes if node.leaf is not None]
    assert {(leaf.name, leaf.grad_req) for leaf in leaves if leaf.group == "parameters"} == {("weight", "add")}


def changed(dump, path, honest):
    """A copy of the dump with one weight array moved to the next floating-point numbers; `honest` keeps the old checksum."""
    shutil.copy(str(dump), str(path))
    with h5py.File(str(path), "r+") as file:
        weight = next(each for name, each in sorted(file["state/parameters"].items()) if name.endswith("weight"))
        weight[...] = np.nextafter(weight[...], np.float32(np.inf))
        if not honest:
            weight.attrs[format.ATTR_CRC32] = np.uint32(zlib.crc32(weight[...].tobytes()))
    return path


def test_a_changed_parameter_is_not_reproduced(dump, tmp_path):
    done = replay(changed(dump, tmp_path / "other.h5", honest=False))
    assert done.returncode == 4, done.stderr
    assert "NOT identical" in done.stdout and "first: " in done.stdout


def test_a_parameter_changed_behind_its_checksum_is_damage(dump, tmp_path):
    done = replay(changed(dump, tmp_path / "other.h5", honest=True))
    assert done.returncode == 1
    assert "Traceback" not in done.stderr and "other.h5" in done.stderr and "weight" in done.stderr


@pytest.mark.parametrize(
    "make, says",
    [
        (lambda path, dump: path.write_bytes(b"hello"), "not a nanhunt dump"),
        (lambda path, dump: path.write_bytes(dump.read_bytes()[: dump.stat().st_size // 2]), ""),
        (lambda path, dump: None, "no such file"),
    ],
)
def test_bad_files_get_one_line_and_an_exit_code(dump, tmp_path, make, says):
    path = tmp_path / "bad.h5"
    make(path, dump)
    done = replay(path)
    assert done.returncode in (1, 2)
    assert "Traceback" not in done.stderr and len(done.stderr.strip().splitlines()) <= 2
    assert "bad.h5" in done.stderr and says in done.stderr.lower()


def test_what_the_last_update_left_is_shown_although_there_is_nothing_to_run(tmp_path):
    net, trainer = programs.segmenter(lr=3e38, momentum=0.0)
    with pytest.raises(NonFiniteError) as error:
        with nanhunt.watch(net, trainer, dump_dir=tmp_path) as hunt:
            programs.train(hunt, net, trainer, lambda p, y: (p * p).sum() * 1e3, 1)
    assert (error.value.finding.cause, error.value.finding.proof) == ("optimizer-step", "proven")
    done = replay(error.value.dump, "--json", tmp_path / "finding.json")
    assert done.returncode == 1
    assert "optimizer-step" in done.stdout and "nothing to run again" in done.stderr
    assert json.loads((tmp_path / "finding.json").read_text())["producer"]["phase"] == "optimizer"


@pytest.mark.parametrize("change", [{"kind": 7}, {"checksum": "x"}, {"shape": None}, {"output": "0"}])
def test_observed_tensors_of_another_shape_are_damage(dump, change):
    from nanhunt.backends.base import load
    from nanhunt.dump.reader import DumpReader
    from nanhunt.errors import DumpDamagedError
    from nanhunt.replay.session import Session

    with DumpReader(dump) as reader:
        observed = [dict(reader.record.observed[0], **change), *reader.record.observed[1:]]
        with pytest.raises(DumpDamagedError, match="observed"):
            Session(dataclasses.replace(reader.record, observed=observed), load())
