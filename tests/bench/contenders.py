"""Ways to watch a loop: nanhunt, and what people use where they have no nanhunt."""

import os
import tempfile
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Optional

import numpy as np
from mxnet import nd

import nanhunt
from bench.loops import Loop
from bench.timing import AGAIN, BARE, Contender, Step

WATCHED = "watched"
ISFINITE = "hooks, np.isfinite(x.asnumpy()) of every leaf output and gradient"
SUM = "hooks, nd.sum of every leaf output and gradient, one read an iteration"
SMDEBUG = "SageMaker Debugger's hook: sum of every tensor, every iteration"


@contextmanager
def bare(loop: Loop) -> Iterator[Step]:
    yield loop.step


@contextmanager
def watched(loop: Loop, **options: Any) -> Iterator[Step]:
    """All probes, and all defaults but those options."""
    options = {"on_notice": _silent, **options} if options else options
    with tempfile.TemporaryDirectory() as folder, nanhunt.watch(loop.net, loop.trainer, dump_dir=folder, **options):
        yield loop.step


def _silent(text: str) -> None:
    """What is said at the start is no part of it."""


@contextmanager
def isfinite(loop: Loop) -> Iterator[Step]:
    """Every value on the host, at once: the recipe of most answers to "where does my NaN come from"."""

    def look(array: Any) -> None:
        if not np.isfinite(array.asnumpy()).all():
            raise FloatingPointError("not finite")

    def gradients() -> None:
        for each in _gradients(loop.net):
            look(each)

    with _leaf_hooks(loop.net, look):
        yield partial(loop.step, gradients)


@contextmanager
def sums(loop: Loop) -> Iterator[Step]:
    """The same without a copy of every value: NaN and Inf survive a sum, and all sums are read together."""
    found: List[Any] = []

    def look(array: Any) -> None:
        found.append(nd.sum(array).reshape(1))

    def read() -> None:
        for each in _gradients(loop.net):
            look(each)
        by_device: Dict[Any, List[Any]] = {}
        for each in found:
            by_device.setdefault(each.context, []).append(each)
        found.clear()
        for values in by_device.values():
            if not np.isfinite(nd.concat(*values, dim=0).asnumpy()).all():
                raise FloatingPointError("not finite")

    with _leaf_hooks(loop.net, look):
        yield partial(loop.step, read)


@contextmanager
def smdebug(loop: Loop) -> Iterator[Step]:
    """Amazon's hook at its cheapest that shows every NaN: one number a tensor. Its rule for NaN wants whole tensors."""
    from smdebug.mxnet import Hook, ReductionConfig, SaveConfig

    blocks = _blocks(loop.net, []) + [loop.loss]
    before = [(dict(block._forward_hooks), dict(block._forward_pre_hooks)) for block in blocks]
    with tempfile.TemporaryDirectory() as folder:
        hook = Hook(
            out_dir=str(Path(folder) / "out"),
            save_config=SaveConfig(save_interval=1),
            reduction_config=ReductionConfig(reductions=["sum"]),
            save_all=True,
        )
        hook.register_block(loop.net)
        hook.register_block(loop.loss)
        try:
            yield loop.step
        finally:
            hook.close()
            for block, (hooks, pre_hooks) in zip(blocks, before):  # it has no call that takes its hooks out again
                _restore(block._forward_hooks, hooks)
                _restore(block._forward_pre_hooks, pre_hooks)


def without_smdebug() -> Optional[str]:
    """Why SageMaker Debugger cannot be measured here; None where it can."""
    os.environ.setdefault("SMDEBUG_LOG_LEVEL", "error")
    try:
        import smdebug.mxnet  # noqa: F401
    except Exception as error:  # it fails in other ways than ImportError where its own requirements are of another version
        return "smdebug cannot be imported here (%s: %s)" % (type(error).__name__, str(error).splitlines()[0])
    return None


def contenders(loop: Loop, instead: bool, every: int = 1) -> Dict[str, Contender]:
    """Bare, watched, bare again and, if asked for, what people use instead: in one round of `every`."""
    found = {
        BARE: Contender(partial(bare, loop)),
        WATCHED: Contender(partial(watched, loop)),
        AGAIN: Contender(partial(bare, loop)),
    }
    if instead:
        found[ISFINITE] = Contender(partial(isfinite, loop), every)
        found[SUM] = Contender(partial(sums, loop), every)
        if without_smdebug() is None:
            found[SMDEBUG] = Contender(partial(smdebug, loop), every)
    return found


@contextmanager
def _leaf_hooks(net: Any, look: Callable[[Any], None]) -> Iterator[None]:
    def hook(_: Any, __: Any, output: Any) -> None:
        for each in output if isinstance(output, (tuple, list)) else (output,):
            look(each)

    handles = [block.register_forward_hook(hook) for block in _blocks(net, []) if not block._children]
    try:
        yield
    finally:
        for handle in handles:
            handle.detach()


def _blocks(block: Any, found: List[Any]) -> List[Any]:
    if block not in found:
        found.append(block)
        for child in block._children.values():
            _blocks(child, found)
    return found


def _gradients(net: Any) -> Iterator[Any]:
    for parameter in net.collect_params().values():
        if parameter.grad_req != "null":
            yield from parameter.list_grad()


def _restore(now: Any, before: Any) -> None:
    now.clear()
    now.update(before)
