"""Records to write in tests, with a NaN that arithmetic made."""

import numpy as np

from nanhunt.dump.record import Record


def record(**changes):
    with np.errstate(all="ignore"):
        bad = np.log(np.linspace(-1, 1, 24, dtype=np.float32)).reshape(2, 3, 4)
    values = {
        "reason": "non-finite",
        "finding": {
            "schema": 1,
            "iteration": {"epoch": 0, "iteration": 36, "step": 36},
            "cause": "unknown",
            "chain": [],
            "fixes": [],
        },
        "environment": {"framework": "mxnet", "versions": {"mxnet": "1.9.1"}, "cores": 2, "gpu": None, "flags": ["AVX2"]},
        "iteration": {
            "epoch": 0,
            "iteration": 36,
            "step": 36,
            "lr": 0.1,
            "seed": 7,
            "samples": [
                {"index": 5, "path": "images/0005.jpg", "device": "cpu(0)", "row": 0, "draws": {"flip": True}},
                {"index": 9, "path": "images/né.jpg", "device": "cpu(0)", "row": 1, "draws": {"flip": False}},
            ],
        },
        "batch": {"cpu(0)/data": bad, "cpu(0)/label": np.zeros((2, 4), np.int32)},
        "parameters": {"conv0_weight": np.arange(6.0).reshape(2, 3), "scale": np.float16(3)},
        "aux": {"bn0_running_mean": np.zeros(3, np.float32)},
        "optimizer": {"conv0_weight/0": np.ones((2, 3))},
        "devices": {"cpu(1)/parameters/conv0_weight": np.ones((2, 3))},
        "optimizer_settings": {"class": "SGD", "momentum": 0.9},
        "graph": {"nodes": [{"op": "log"}], "leaves": {"0": "cpu(0)/data"}},
        "observed": [{"name": "loss", "max": float("inf")}, {"name": "conv0", "max": 1.5}],
        "history": {"loss": np.array([0.5, 0.7, np.inf])},
    }
    values.update(changes)
    return Record(**values)


def same_bits(a, b):
    a, b = np.asarray(a), np.asarray(b)
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
