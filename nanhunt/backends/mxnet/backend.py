"""The MXNet backend: everything that nanhunt asks of the framework, in one class."""

import contextlib
import os
import platform
import re
import sys
from types import FrameType
from typing import Any, Callable, Dict, Iterator, List, Optional, Sequence, Set

import mxnet as mx
import numpy as np
from mxnet import autograd, nd

from nanhunt.backends.base import Backend, BackwardVisit, ForwardVisit, GraphRun, Listener, OutputVisit, PublicCall
from nanhunt.backends.graph import PYTHON_CODE, Graph, Leaf, Node
from nanhunt.backends.mxnet import calls, collecting, estimator, execute, joining, operators, public, reduction
from nanhunt.backends.mxnet.arrays import device_of, size_of
from nanhunt.backends.mxnet.following import FollowingHooks
from nanhunt.backends.mxnet.instrument import MXNetInstrumentation
from nanhunt.backends.mxnet.planting import PlantHooks
from nanhunt.backends.mxnet.program import line_of
from nanhunt.backends.mxnet.tape import DRAWN
from nanhunt.backends.mxnet.updating import Visit, run_update
from nanhunt.backends.mxnet.waiting import wait_of
from nanhunt.backends.planting import Follower, Plant, Planted
from nanhunt.backends.reductions import Collector, Reduction, Standing
from nanhunt.backends.stalling import Wait
from nanhunt.backends.synchronised import groups, waits
from nanhunt.backends.update import Update
from nanhunt.errors import ReplayError

_VARIABLES = ("MXNET_", "OMP_", "MKL_", "KMP_", "OPENBLAS_", "DMLC_")


class MXNetBackend(Backend):
    """MXNet 1.4.1 to 1.9.1."""

    def environment(self) -> Dict[str, Any]:
        variables = {k: v for k, v in sorted(os.environ.items()) if k.startswith(_VARIABLES)}
        return {
            "framework": "mxnet",
            "mxnet": mx.__version__,
            "numpy": np.__version__,
            "python": platform.python_version(),
            "platform": platform.platform(),
            "processor": _processor(),
            "cores": os.cpu_count() or 0,
            "features": _features(),
            "gpus": calls.gpus(),
            "variables": variables,
            "gluoncv": str(getattr(sys.modules.get("gluoncv"), "__version__", "")),
        }

    def instrument(self, listener: Listener, net: Any, trainer: Any, keep_draws: bool) -> MXNetInstrumentation:
        return MXNetInstrumentation(listener, net, trainer, keep_draws)

    def estimator_handler(self, watch: Callable[[Any, Any], Any]) -> Any:
        return estimator.make_handler(watch)

    def seed(self, value: int, wait: bool = True) -> None:
        # Without the waits a queued draw may take its number before or after the seeding.
        if wait:
            nd.waitall()
        mx.random.seed(value)
        if wait:
            nd.waitall()

    def wait(self) -> None:
        nd.waitall()

    def follow(self, follower: Follower, plant: Optional[Plant], ours: Callable[[], bool]) -> Planted:
        following = FollowingHooks(follower, ours)
        planted = Planted()
        if plant is not None:
            planting = PlantHooks(plant, lambda: following.iteration, ours)
            planting.install()
            planted = planting.planted
        following.install()  # last: what runs is counted before the others ask
        return planted

    def waits(self, frame: FrameType) -> Optional[Wait]:
        return wait_of(frame)

    def wait_for(self, tensor: Any) -> None:
        tensor.wait_to_read()

    def line_of(self, frame: FrameType) -> str:
        return line_of(frame)

    def device(self, tensor: Any) -> str:
        return device_of(tensor)

    def copy(self, tensor: Any) -> Any:
        with autograd.pause():
            return tensor.copy()

    def copier(self, tensors: Sequence[Any]) -> Callable[[], Any]:
        return joining.Copier(tensors)

    def part(self, joined: Any, begin: int, shape: Sequence[int]) -> Any:
        with autograd.pause():
            return joined[begin : begin + int(np.prod(shape, dtype=int))].reshape(tuple(shape))

    def assign(self, tensor: Any, value: Any) -> None:
        with autograd.pause():
            value.copyto(tensor)

    def to_numpy(self, tensor: Any) -> np.ndarray:
        with _np_shape(type(tensor) is not nd.NDArray and hasattr(tensor, "as_nd_ndarray")):
            return np.asarray(tensor.asnumpy())

    def size(self, tensor: Any) -> int:
        return size_of(tensor.shape)

    def is_floating(self, tensor: Any) -> bool:
        return reduction.is_floating(tensor)

    def paused(self) -> Any:
        return autograd.pause()

    def largest(self, tensor: Any, ignored: Optional[float]) -> Any:
        return reduction.largest(tensor, ignored)

    def reduce(self, tensor: Any, plain: bool = False) -> Optional[Reduction]:
        return reduction.reduce(tensor, plain)

    def stands(self, tensor: Any) -> bool:
        return reduction.stands(tensor)

    def standing(self, tensors: Sequence[Any]) -> Standing:
        return reduction.SumsOfSquares(tensors)

    def collector(self) -> Collector:
        return collecting.MXNetCollector()

    def read(self, reductions: Sequence[Reduction]) -> List[np.ndarray]:
        return collecting.read(reductions)

    def run(
        self,
        graph: Graph,
        leaves: Callable[[Leaf], np.ndarray],
        gradients: Callable[[Leaf], Optional[np.ndarray]],
        seed: Optional[int],
        visit: Optional[OutputVisit],
        may_hang: bool = False,
    ) -> GraphRun:
        with self._running(graph, seed, may_hang):
            return execute.run(graph, leaves, gradients, visit)

    def trace(
        self,
        graph: Graph,
        leaves: Callable[[Leaf], np.ndarray],
        seed: Optional[int],
        forward: ForwardVisit,
        backward: Optional[BackwardVisit],
    ) -> None:
        with self._running(graph, seed):
            execute.trace(graph, leaves, forward, backward)

    def run_update(
        self,
        update: Update,
        values: Callable[[str], np.ndarray],
        visit: Callable[[int, List[np.ndarray], List[np.ndarray]], None],
    ) -> np.ndarray:
        return np.asarray(self._updated(update, values, visit)[update.target].asnumpy())

    def run_writes(self, update: Update, values: Callable[[str], np.ndarray]) -> Dict[str, np.ndarray]:
        cells = self._updated(update, values, None)
        return {name: cells[cell].asnumpy() for cell, name in update.names.items() if cell in cells}

    def _updated(self, update: Update, values: Callable[[str], np.ndarray], visit: Optional[Visit]) -> Dict[int, Any]:
        try:
            with autograd.pause(train_mode=False):
                return run_update(update, values, visit, calls.array_of)
        except (mx.base.MXNetError, ValueError, KeyError, AttributeError) as error:
            words = (str(error).strip().splitlines() or [""])[0]
            raise ReplayError("the update cannot be run again: %s" % words) from error

    def place(self, on_cpu: bool, as_one: bool) -> None:
        calls.Placing.on_cpu, calls.Placing.as_one = on_cpu, as_one
        self.as_one = as_one

    def draws(self, node: Node) -> bool:
        recorded = node.outputs or DRAWN in node.attributes
        return node.leaf is None and node.train and not recorded and operators.draws(node.op, node.attributes)

    def public_call(self, node: Node) -> Optional[PublicCall]:
        return public.public_call(node)

    def in_float64(self, node: Node, inputs: Sequence[np.ndarray]) -> Optional[List[np.ndarray]]:
        if node.symbol is not None or node.op in PYTHON_CODE or waits(node) > 1:
            return None
        wide = [x.astype(np.float64) if x.dtype.kind == "f" else x for x in inputs]
        try:
            with autograd.train_mode():
                outputs = operators.invoke(node.op, [nd.array(x, dtype=x.dtype) for x in wide], node.attributes)
                found = [each.asnumpy() for each in outputs]
        except (mx.base.MXNetError, ReplayError):
            return None
        return found if all(each.dtype != np.float32 for each in found) else None

    @contextlib.contextmanager
    def _running(self, graph: Graph, seed: Optional[int], may_hang: bool = False) -> Iterator[None]:
        if not may_hang:
            try:
                groups(graph)
            except ValueError as error:  # a part of the iteration, without all of the devices
                raise ReplayError("it would wait for ever: %s" % error) from error
        before = calls.Placing.on_cpu
        calls.Placing.on_cpu = before or calls.needs_cpu(_devices(graph))
        if seed is not None:
            self.seed(seed)
        try:
            with _np_shape(any(node.op.startswith("_np") for node in graph.nodes)):
                yield
        except mx.base.MXNetError as error:
            # Its first line is a stack trace of its own, in some versions; a time and a place in MXNet's source in others.
            lines = str(error).strip().splitlines() or [""]
            words = lines[-1] if "Traceback" in lines[0] else lines[0]
            words = re.sub(r"^(MXNetError: |\[[\d:]+\] \S+:\d+: )+", "", words)
            raise ReplayError("MXNet refused an operator of the dump: %s" % words) from error
        finally:
            calls.Placing.on_cpu = before


def _devices(graph: Graph) -> Set[str]:
    return {node.device for node in graph.nodes} | {node.leaf.device for node in graph.nodes if node.leaf is not None}


@contextlib.contextmanager
def _np_shape(wanted: bool) -> Iterator[None]:
    """MXNet's NumPy interface has scalars of shape (), which means "unknown" outside it."""
    if not wanted or not hasattr(mx.util, "set_np_shape"):
        yield
        return
    before = mx.util.set_np_shape(True)
    try:
        yield
    finally:
        mx.util.set_np_shape(before)


def _processor() -> str:
    try:
        with open("/proc/cpuinfo") as text:
            for line in text:
                if line.startswith("model name"):
                    return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor()


def _features() -> List[str]:
    """What MXNet was compiled with; from 1.5 on it can be asked."""
    try:
        from mxnet.runtime import Features
    except ImportError:
        return []
    return sorted(name for name, feature in Features().items() if feature.enabled)
