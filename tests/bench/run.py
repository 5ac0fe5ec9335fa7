"""`make bench`: every number that the design holds itself to, as a ratio inside one run, with the noise beside it.

python tests/bench/run.py [--crop 240] [--pairs 12] [--backbone resnet50]
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))


def network(backbone, crop):
    """PSPNet with random weights, its loss and its trainer."""
    import mxnet as mx
    from gluoncv.loss import MixSoftmaxCrossEntropyLoss
    from gluoncv.model_zoo.pspnet import PSPNet
    from mxnet import gluon

    net = PSPNet(
        19,
        backbone=backbone,
        aux=False,
        pretrained_base=False,
        base_size=crop,
        crop_size=crop,
        norm_layer=gluon.nn.BatchNorm,
        norm_kwargs={},
    )
    net.initialize(mx.init.Xavier(), force_reinit=True)
    net(mx.nd.zeros((1, 3, crop, crop)))
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 1e-4, "momentum": 0.9})
    return net, MixSoftmaxCrossEntropyLoss(False), trainer


def step(net, loss_fn, trainer, x, y, hunt=None):
    """One iteration, to the end of the update; seconds."""
    from mxnet import autograd, nd

    begun = time.perf_counter()
    if hunt is not None:
        hunt.next_batch({"cpu(0)": {"data": x, "label": y}})
    with autograd.record():
        loss = loss_fn(*([*net(x), y]))
    autograd.backward([loss])
    trainer.step(1)
    loss.asnumpy()
    nd.waitall()
    return time.perf_counter() - begun


def iterations(options):
    """Rows: watched against bare, in turn in one process; then dump, replay and trace against the same bare iteration."""
    from mxnet import nd

    import nanhunt
    from nanhunt.backends.base import load
    from nanhunt.dump.reader import DumpReader
    from nanhunt.replay.compare import run_and_compare
    from nanhunt.replay.session import Session
    from nanhunt.replay.trace import trace

    net, loss_fn, trainer = network(options.backbone, options.crop)
    draw = np.random.RandomState(0)
    x = nd.array(draw.randn(1, 3, options.crop, options.crop))
    y = nd.array(draw.randint(0, 19, (1, options.crop, options.crop)), dtype="int32")
    bare, watched = [], []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(2):
            step(net, loss_fn, trainer, x, y)
        for _ in range(options.pairs):
            bare.append(step(net, loss_fn, trainer, x, y))
            with nanhunt.watch(net, trainer, dump_dir=folder) as hunt:
                step(net, loss_fn, trainer, x, y, hunt)
                watched.append(step(net, loss_fn, trainer, x, y, hunt))
        yield "watched / bare iteration", np.array(watched) / np.array(bare), 1.01
        bad = nd.array(np.full((1, 3, options.crop, options.crop), np.nan))
        with nanhunt.watch(net, trainer, dump_dir=folder, on_nonfinite="skip", explain=False) as hunt:
            step(net, loss_fn, trainer, bad, y, hunt)
        path = hunt.dumps[0]
        yield "write a dump / write its bytes with fsync", written(path, options.pairs // 2 + 1), 1.5
        once = float(np.median(bare))
        with DumpReader(path) as reader:
            session = Session(reader.record, load())
            yield "replay / bare iteration", timed(lambda: run_and_compare(session), 3) / once, 3
            yield "full trace / bare iteration", timed(lambda: trace(session), 3) / once, 6


def timed(call, times):
    found = []
    for _ in range(times):
        begun = time.perf_counter()
        call()
        found.append(time.perf_counter() - begun)
    return np.array(found)


def written(path, times):
    """Ratios of writing the dump's Record again to writing as many bytes plainly, both with fsync, in turn."""
    from nanhunt.dump.reader import DumpReader
    from nanhunt.dump.writer import write

    ratios = []
    with DumpReader(path) as reader:
        for number in range(times):
            copy, plain = path.with_name("copy%d.h5" % number), path.with_name("plain%d" % number)
            taken = timed(lambda copy=copy: write(reader.record, copy), 1)[0]
            content = copy.read_bytes()

            def plainly(plain=plain, content=content):
                with open(str(plain), "wb") as file:
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())

            ratios.append(taken / timed(plainly, 1)[0])
            copy.unlink()
            plain.unlink()
    return np.array(ratios)


def memory(options):
    """Peak resident memory of a process that trains watched against one that trains bare."""
    peaks = {}
    for mode in ("bare", "watched"):
        arguments = [sys.executable, __file__, "--peak", mode, "--crop", str(options.crop), "--backbone", options.backbone]
        done = subprocess.run(arguments, stdout=subprocess.PIPE, text=True, check=True)
        peaks[mode] = float(done.stdout.strip().splitlines()[-1])
    yield "peak memory, watched / bare", np.array([peaks["watched"] / peaks["bare"]]), 1.02


def peak(options):
    from mxnet import nd

    import nanhunt

    net, loss_fn, trainer = network(options.backbone, options.crop)
    x, y = nd.ones((1, 3, options.crop, options.crop)), nd.zeros((1, options.crop, options.crop), dtype="int32")
    with tempfile.TemporaryDirectory() as folder:
        hunt = nanhunt.watch(net, trainer, dump_dir=folder) if options.peak == "watched" else None
        for _ in range(4):
            step(net, loss_fn, trainer, x, y, hunt)
        if hunt is not None:
            hunt.close()
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def start(options):
    """`nanhunt --help`, seconds."""
    call = [sys.executable, "-m", "nanhunt", "--help"]
    environment = dict(os.environ, PYTHONPATH=str(ROOT))
    yield (
        "nanhunt --help, seconds",
        timed(lambda: subprocess.run(call, stdout=subprocess.DEVNULL, env=environment, check=True), 7),
        0.2,
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--crop", type=int, default=240)
    parser.add_argument("--pairs", type=int, default=12)
    parser.add_argument("--backbone", default="resnet50")
    parser.add_argument("--peak", choices=("bare", "watched"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peak:
        peak(options)
        return
    import mxnet as mx

    title = "PSPNet-%s, crop %d, batch 1, MXNet %s, %d cores" % (
        options.backbone,
        options.crop,
        mx.__version__,
        os.cpu_count() or 0,
    )
    table = Table(title=title)
    for name in ("what", "median", "quartiles", "at most"):
        table.add_column(name, justify="left" if name == "what" else "right")
    for rows in (start, memory, iterations):
        for what, values, limit in rows(options):
            low, middle, high = np.percentile(values, [25, 50, 75])
            table.add_row(what, "%.3f" % middle, "%.3f .. %.3f" % (low, high), str(limit))
    Console(width=100).print(table)


if __name__ == "__main__":
    main()
