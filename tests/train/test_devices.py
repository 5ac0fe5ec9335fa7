"""Which devices a run uses."""

from dataclasses import replace

import mxnet as mx
import pytest

from nanhunt.errors import UsageError
from nanhunt.train import devices
from nanhunt.train.devices import choose_devices, count_gpus, split_rows
from nanhunt.train.options import TrainOptions

OPTIONS = TrainOptions(batch_size=16)


@pytest.fixture
def gpus(monkeypatch):
    """Let the machine have this many GPUs."""
    return lambda number: monkeypatch.setattr(devices, "count_gpus", lambda: number)


def chosen(**changes):
    found = choose_devices(replace(OPTIONS, **changes))
    return str(found), found.note


def test_a_build_without_cuda_has_no_gpu():
    assert count_gpus() == 0


def test_a_build_that_cannot_count_has_no_gpu(monkeypatch):
    def fail():
        raise mx.base.MXNetError("CUDA: no CUDA-capable device is detected")

    monkeypatch.setattr(mx.context, "num_gpus", fail)
    assert count_gpus() == 0


def test_auto_takes_all_gpus(gpus):
    gpus(4)
    assert chosen() == ("gpu(0), gpu(1), gpu(2), gpu(3)", None)
    assert chosen(ngpus=2) == ("gpu(0), gpu(1)", None)
    assert chosen(syncbn=True, ngpus=2) == ("gpu(0), gpu(1)", None)


def test_auto_without_gpus_takes_as_many_cpu_contexts_and_says_so(gpus):
    gpus(0)
    assert chosen() == ("cpu(0)", "no GPU that MXNet can use: running on cpu(0)")
    assert chosen(ngpus=3) == ("cpu(0), cpu(1), cpu(2)", "no GPU that MXNet can use: running on 3 CPU contexts")


def test_syncbn_over_cpu_contexts_becomes_the_joint_batch_and_says_so(gpus):
    gpus(0)
    found, note = chosen(ngpus=8, syncbn=True)
    assert found == "cpu(0)"
    assert "the whole batch runs on cpu(0) instead of 8 CPU contexts" in note
    assert "\n" not in note


def test_syncbn_runs_over_cpu_contexts_where_mxnet_has_memory_for_each_operator(gpus, monkeypatch):
    gpus(0)
    monkeypatch.setenv("MXNET_CPU_TEMP_COPY", "2048")
    assert "MXNET_CPU_WORKER_NTHREADS=8" in chosen(ngpus=2, syncbn=True, device="cpu")[1], "branches need threads"
    monkeypatch.setenv("MXNET_CPU_WORKER_NTHREADS", "8")
    assert chosen(ngpus=2, syncbn=True, device="cpu") == ("cpu(0), cpu(1)", None)
    assert chosen(ngpus=3, syncbn=True, device="cpu")[0] == "cpu(0)"
    monkeypatch.setenv("MXNET_CPU_TEMP_COPY", "many")
    assert chosen(ngpus=2, syncbn=True, device="cpu")[0] == "cpu(0)"


def test_what_was_asked_for_needs_no_note(gpus):
    gpus(4)
    assert chosen(device="cpu") == ("cpu(0)", None)
    assert chosen(device="cpu", ngpus=2) == ("cpu(0), cpu(1)", None)
    assert chosen(no_cuda=True, ngpus=8) == ("cpu(0)", None)


@pytest.mark.parametrize(
    "there, changes, said",
    [
        (0, {"device": "gpu"}, "a GPU for --device gpu, found none"),
        (2, {"ngpus": 4}, "at most --ngpus 2, as many as this machine has, found 4"),
        (8, {"batch_size": 4}, "at least one sample for each of 8 devices, found --batch-size 4"),
    ],
)
def test_what_is_not_there_is_refused(gpus, there, changes, said):
    gpus(there)
    with pytest.raises(UsageError, match=said):
        chosen(**changes)


@pytest.mark.parametrize("rows, parts, lengths", [(16, 8, [2] * 8), (7, 3, [2, 2, 3]), (2, 4, [1, 1]), (1, 1, [1])])
def test_rows_are_spread_evenly_and_in_order(rows, parts, lengths):
    slices = split_rows(rows, parts)
    assert [each.stop - each.start for each in slices] == lengths
    assert [row for each in slices for row in range(rows)[each]] == list(range(rows))
