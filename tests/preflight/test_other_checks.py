"""Checks of what stands around the graph: layers, arrays, rates, half precision, loaders, labels."""

import math

import numpy as np
import pytest

from nanhunt.backends.base import LoaderFacts, SyncLayer
from nanhunt.machine import cores, shared_memory
from nanhunt.preflight.base import Array, Subject
from nanhunt.preflight.checks import examine
from nanhunt.preflight.facts import labels_of


def said(**known):
    return [(each.check, each.severity, each.sure) for each in examine(Subject(**known))]


def layer(waits_for, devices):
    return SyncLayer("net.bn", waits_for, tuple("gpu(%d)" % i for i in range(devices)))


@pytest.mark.parametrize(
    "waits_for, live_on, take_part, expected",
    [
        (8, 1, 1, [("sync-batch-norm", "error", "certain")]),
        (8, 2, 0, [("sync-batch-norm", "error", "certain")]),
        (1, 2, 2, [("sync-batch-norm", "error", "certain")]),
        (1, 2, 0, [("sync-batch-norm", "warning", "likely")]),
        (1, 2, 1, []),
        (2, 2, 2, []),
        (1, 1, 1, []),
        (8, 0, 0, []),
    ],
)
def test_sync_batch_norm(waits_for, live_on, take_part, expected):
    devices = tuple("gpu(%d)" % i for i in range(take_part))
    assert said(layers=(layer(waits_for, live_on),), devices=devices) == expected


def test_sync_batch_norm_between_cpu_contexts_is_warned_of():
    layers = (SyncLayer("net.bn", 2, ("cpu(0)", "cpu(1)")),)
    assert said(layers=layers, devices=("cpu(0)", "cpu(1)")) == [("sync-batch-norm", "warning", "likely")]


def array(name="dense0_weight", dtype="float32", statistic=False, bad=0, low=-1.0, high=1.0):
    return Array(name, "cpu(0)", dtype, statistic, 10, bad, low, high)


@pytest.mark.parametrize(
    "given, expected",
    [
        (array(), []),
        (array(bad=2), [("bad-parameter", "error", "certain")]),
        (array("bn_running_mean", statistic=True, bad=1), [("bad-parameter", "error", "certain")]),
        (array("bn_running_var", statistic=True, low=-0.1), [("running-variance", "warning", "certain")]),
        (array("bn_running_var", statistic=True, low=0.0, high=0.0), [("running-variance", "warning", "likely")]),
        (array("bn_running_var", statistic=True, low=0.0, high=1.0), []),
        (array("bn_running_mean", statistic=True, low=0.0, high=0.0), []),
        (array(low=0.0, high=0.0), [("bad-parameter", "note", "possible")]),
        (array("dense0_bias", low=0.0, high=0.0), []),
    ],
)
def test_arrays(given, expected):
    assert said(arrays=(given,)) == expected


@pytest.mark.parametrize(
    "settings, more, expected",
    [
        ({"class": "SGD", "learning_rate": 0.1, "momentum": 0.9}, {}, []),
        ({"class": "SGD", "learning_rate": 5.0, "momentum": 0.9}, {}, [("learning-rate", "warning", "possible")]),
        ({"class": "Adam", "learning_rate": 1.0}, {}, [("learning-rate", "warning", "likely")]),
        ({"class": "Adam", "learning_rate": 1e-9}, {}, [("learning-rate", "note", "possible")]),
        ({"class": "SGD", "learning_rate": 0.0}, {}, [("learning-rate", "warning", "certain")]),
        ({"class": "SGD", "learning_rate": 0.0}, {"warmup": 10, "steps": 100}, []),
        ({"class": "SGD", "learning_rate": 0.1}, {"warmup": 100, "steps": 100}, [("learning-rate", "warning", "certain")]),
        ({"class": "SGD", "learning_rate": 0.1, "momentum": 1.0}, {}, [("learning-rate", "warning", "likely")]),
        ({"class": "MyOwn", "learning_rate": 1e6}, {}, []),
        (
            {"0:class": "SGD", "0:learning_rate": 0.1, "1:class": "Adam", "1:learning_rate": 0.5},
            {},
            [("learning-rate", "warning", "likely")],
        ),
    ],
)
def test_rates(settings, more, expected):
    assert said(optimizer=settings, **more) == expected


def test_half_precision():
    half = (array(dtype="float16"),)
    plain = {"class": "Adam", "learning_rate": 1e-3, "multi_precision": False, "epsilon": 1e-8}
    checks = said(arrays=half, optimizer=plain, loss_scale=1.0)
    assert checks == [("half-precision", "warning", "likely")] * 2 + [("half-precision", "warning", "certain")]
    safe = dict(plain, multi_precision=True)
    assert said(arrays=half, optimizer=safe, loss_scale=128.0) == []
    assert said(arrays=(array(),), optimizer=plain, loss_scale=1.0) == []


def test_loaders():
    processes, threads = LoaderFacts(4, False, 8), LoaderFacts(4, True, 8)
    full = {"batch_bytes": 10_000_000, "shared_memory": 64_000_000}
    assert said(loaders=(processes,), cores=4, **full) == [("loader", "warning", "likely")]
    assert said(loaders=(threads,), cores=4, **full) == []
    assert said(loaders=(processes,), cores=2, batch_bytes=1000, shared_memory=64_000_000) == [("loader", "note", "certain")]
    shared = shared_memory()
    assert cores() >= 1 and (shared is None or shared >= 0)


def test_labels():
    values = np.array([[0, 18], [-1, 3]])
    assert said(labels=labels_of(values, 19)) == []
    assert said(labels=labels_of(values, 18)) == [("label-range", "warning", "certain")]
    assert said(labels=labels_of(np.full((2, 2), -1), 18)) == []
    assert said(labels=labels_of(np.array([-2, 0]), 18)) == [("label-range", "warning", "certain")]


def test_what_is_not_known_is_not_spoken_of():
    assert said() == []
    assert math.isfinite(len(said(arrays=(Array("x", "cpu(0)", "int32", False, 0, 0, None, None),))) + 0.0)
