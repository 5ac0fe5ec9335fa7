"""The hooks in MXNet: operator calls, block calls, backward and updates. One owner, who puts everything back."""

import json
import threading
from typing import AbstractSet, Any, Callable, ContextManager, Dict, Iterable, List, Mapping, Optional, Sequence, Set, Tuple

from mxnet import autograd, gluon
from mxnet.ndarray import register

from nanhunt.backends.alignment import ALIGNING, alignment
from nanhunt.backends.base import (
    Capture,
    HeldIteration,
    Instrumentation,
    Listener,
    LoaderFacts,
    OptimizerState,
    Scaler,
    State,
    SyncLayer,
    WorkerPlace,
)
from nanhunt.backends.indexing import INDEXING, indexing
from nanhunt.backends.mxnet import operators
from nanhunt.backends.mxnet.arrays import device_of, entry_name
from nanhunt.backends.mxnet.blocks import BlockPaths, named_arguments
from nanhunt.backends.mxnet.bounds import Bounds
from nanhunt.backends.mxnet.compiled import CompiledBlocks
from nanhunt.backends.mxnet.compiled_reads import CompiledReads
from nanhunt.backends.mxnet.composing import SymbolLines
from nanhunt.backends.mxnet.differentiation import DifferentiationHooks
from nanhunt.backends.mxnet.discovery import Discovery
from nanhunt.backends.mxnet.draws import dropout_with_mask
from nanhunt.backends.mxnet.executors import ExecutorHooks
from nanhunt.backends.mxnet.holding import MXNetHeld, hold
from nanhunt.backends.mxnet.hooks import Hooks
from nanhunt.backends.mxnet.loaders import LoaderHooks
from nanhunt.backends.mxnet.margins import MARGINS, Margins
from nanhunt.backends.mxnet.program import calling_line
from nanhunt.backends.mxnet.python_code import PythonCode
from nanhunt.backends.mxnet.state import listed
from nanhunt.backends.mxnet.stores import StoreHooks
from nanhunt.backends.mxnet.synchronised import barriers, fix_sync_layers, sync_layers
from nanhunt.backends.mxnet.tape import Call, Tape, arrays_in
from nanhunt.backends.mxnet.trainers import TrainerHooks
from nanhunt.backends.mxnet.updating import UpdateNotes
from nanhunt.backends.mxnet.views import ViewHooks
from nanhunt.backends.mxnet.writes import WriteNotes
from nanhunt.backends.mxnet.writing import WriteHooks
from nanhunt.backends.stalling import Barrier
from nanhunt.backends.update import GRADIENT, STATE, WEIGHT, Update


class _Thread(threading.local):
    """Whether the hooks sleep, or an update is under way, in this thread."""

    asleep = False
    updating = False


class _Asleep:
    """The hooks sleep in this thread; they are told so several times for each operator, so no generator."""

    __slots__ = ("_before", "_thread")

    def __init__(self, thread: _Thread) -> None:
        self._thread = thread

    def __enter__(self) -> None:
        self._before, self._thread.asleep = self._thread.asleep, True

    def __exit__(self, *_: Any) -> None:
        self._thread.asleep = self._before


class MXNetInstrumentation(Instrumentation):
    """Hooks that tell a Listener what a training program does.

    Args:
        listener: is told.
        net, trainer: known from the start; where a trainer is given, only its updates are withheld.
        keep_draws: record what random operators draw.
    """

    def __init__(self, listener: Listener, net: Any, trainer: Any, keep_draws: bool) -> None:
        self._listener = listener
        self._keep_draws = keep_draws
        self._discovery = Discovery(net, trainer)
        self._lines = SymbolLines()
        self._tape = Tape(self._found_variable, self._lines)
        self._paths = BlockPaths()
        self._compiled = CompiledBlocks(keep_draws)
        self._reads = CompiledReads(listener)
        self._python = PythonCode()
        self._margins = Margins(listener)
        self._bounds = Bounds()
        self._known: Set[int] = set()
        self._states: Sequence[State] = ()
        self._optimizer_arrays: Mapping[str, Any] = {}
        self._named: Dict[Tuple[str, str], Any] = {}
        self._changed: Set[int] = set()
        self._update_operators: Dict[int, str] = {}
        self._update_names: Set[str] = set()
        self._by_program: Dict[int, str] = {}
        self._by_program_before: Dict[int, str] = {}
        self._notes = UpdateNotes(self._copy_of, calling_line)
        self._roles_of: Tuple[Any, Any, Dict[int, str]] = (None, None, {})
        self._grown = False
        self._begun = self._forward = False
        self._differentiated = False
        self._program = threading.get_ident()
        self._moves = 0
        self._thread = _Thread()
        self._lock = threading.RLock()
        self._hooks = Hooks()
        self._executors = ExecutorHooks(self)
        self._stores = StoreHooks(self)
        for each in listed(trainer):
            self._stores.trainer(each)
        self._writes = WriteNotes(self._copy_of)
        self._held: Optional[MXNetHeld] = None
        self._writing = WriteHooks(self.wrote, self._bounds, self._writes, lambda: self._thread.asleep)
        self._loaders = LoaderHooks(listener, self.move)
        self._views = ViewHooks(self, self._tape, self._paths, self._bounds, self._notes, self._writes, self._lock)
        self._differentiation = DifferentiationHooks(self, self._tape, self._paths, self._lock)
        only = {id(each) for each in listed(trainer)}
        self._trainers = TrainerHooks(self, self._discovery, self._stores, self._bounds, self._notes, only)
        try:
            self._install()
            self.states()  # a view of what is known is noticed
        except BaseException:
            self.remove()
            raise

    # What a Hunt asks.

    def states(self) -> List[State]:
        states = self._discovery.states()
        if states is not self._states:
            self._states = states
            self._known = {id(state.tensor) for state in states}
            self._exchanged()
        return states

    def optimizer_state(self) -> OptimizerState:
        return self._discovery.optimizer_state()

    def optimizer_arrays(self) -> Mapping[str, Any]:
        arrays = self._discovery.optimizer_arrays()
        if arrays is not self._optimizer_arrays:
            self._optimizer_arrays = arrays
            self._exchanged()
        return arrays

    def _exchanged(self) -> None:
        """Other parameters, or other arrays of an optimizer, are there than before."""
        gradients = [each.grad for each in self._states if each.grad is not None]
        self._bounds.exchanged([each.tensor for each in self._states] + gradients + list(self._optimizer_arrays.values()))

    def learn(self, tensors: Iterable[Any], squares: Iterable[float]) -> None:
        self._bounds.learn(tensors, squares)

    def moderate(self, tensor: Any) -> bool:
        return self._bounds.moderate(tensor)

    def implied(self) -> AbstractSet[str]:
        return self._discovery.implied

    @property
    def updates(self) -> bool:
        return self._discovery.updates

    def know(self, named: Mapping[Tuple[str, str], Any]) -> None:
        self._named.update(named)
        self._tape.forget_making(named.values())

    def place(self, tensor: Any) -> Tuple[str, int]:
        name = entry_name(tensor)
        return (name, _output_of(tensor, False)) if name and not name.startswith(("null", "var")) else ("", 0)

    def take_pending(self) -> List[Tuple[Any, str, int]]:
        heads = self._tape.pending
        if not heads:
            return self._executors.pending()
        places = [self.place(head) for head in heads]
        self._tape.take(heads, ran=False)
        self._tape.match(self.states(), self._named)
        return [(head, *place) for head, place in zip(heads, places)]

    def update_operator(self, tensor: Any) -> str:
        names = [name for name in self._update_names if name.endswith("_update")]
        return self._update_operators.get(id(tensor)) or (names[0] if len(names) == 1 else "")

    def plain(self, tensor: Any) -> bool:
        return self._discovery.is_variable(tensor) and id(tensor) not in self._update_operators

    def written_by_program(self, tensor: Any) -> str:
        if not self._update_names:  # what the program writes is its update
            return ""
        return self._by_program.get(id(tensor)) or self._by_program_before.get(id(tensor), "")

    def wrote(self, arrays: Sequence[Any]) -> None:
        """Something other than an update writes into them."""
        self._bounds.wrote(arrays)
        for each in arrays:
            if id(each) in self._known and not self._thread.asleep:
                self._by_program[id(each)] = calling_line() or "the program"

    def expect_update(self, nearness: float) -> None:
        self._notes.expect(nearness)

    def update_of(self, tensor: Any) -> Optional[Tuple[Update, Dict[str, Any]]]:
        roles: Dict[int, str] = {}
        for each in self._states:
            roles[id(each.tensor)] = "%s/%s" % (WEIGHT, each.name)
            if each.grad is not None:
                roles[id(each.grad)] = "%s/%s" % (GRADIENT, each.name)
        roles.update((id(array), "%s/%s" % (STATE, name)) for name, array in self.optimizer_state().arrays.items())
        names = {id(each.tensor): each.name for each in self._states}
        found = self._notes.update_of(tensor, roles)
        stored, gradient = self._notes.stored(self._discovery.index_of(names.get(id(tensor), "")))
        if found is not None or stored is None:
            return found
        # A key-value store updates arrays of its own, which are copied to those that the program has.
        roles[id(stored)], roles[id(gradient)] = roles.get(id(tensor), WEIGHT), "%s/%s" % (GRADIENT, names[id(tensor)])
        return self._notes.update_of(stored, roles)

    def _copy_of(self, array: Any) -> Any:
        with self.asleep():
            return array.copy()

    def look_closer(self, logarithms: bool, variances: bool) -> None:
        self._margins.want(logarithms, variances)

    def loss_scale(self) -> Optional[float]:
        return self._discovery.loss_scale()

    def worker(self, meet: bool = False) -> WorkerPlace:
        if meet:
            self._stores.meet()
        return self._stores.place()

    def learning_rate(self) -> Optional[float]:
        return self._discovery.learning_rate()

    def sync_layers(self) -> List[SyncLayer]:
        return sync_layers(self._discovery.networks) if autograd.is_training() else []

    def fix_sync_layers(self) -> None:
        fix_sync_layers(self._discovery.networks)

    def loaders(self) -> List[LoaderFacts]:
        return list(self._loaders.facts.values())

    def changed(self, tensor: Any) -> bool:
        return id(tensor) in self._changed

    def capture(self) -> Capture:
        return self._tape.capture(self._executors.taken)

    @property
    def moves(self) -> int:
        return self._moves

    def move(self) -> None:
        """A sign of life that no hook here sees."""
        self._moves += 1

    @property
    def thread(self) -> int:
        return self._program

    def barriers(self) -> List[Barrier]:
        return barriers(self._discovery.networks, self._tape.order_of_blocks())

    @property
    def awaited(self) -> Tuple[Tuple[int, ...], Tuple[str, ...]]:
        return self._loaders.awaited

    def name_of(self, tensor: Any) -> str:
        for each in self._states:
            if each.tensor is tensor or each.grad is tensor:
                return "%s%s, on %s" % ("" if each.tensor is tensor else "gradient of ", each.name, each.device)
        for (device, name), array in list(self._named.items()):
            if array is tensor:
                return "%s, on %s" % (name, device)
        return self._tape.describe(tensor)

    def asleep(self) -> ContextManager[None]:
        return _Asleep(self._thread)

    def keep_iterations(self, on: bool) -> None:
        self._writes.on = on

    def hold(self) -> None:
        with self.asleep():
            self._held = hold(self._tape, self._executors.taken, self._named, self._copy_of)

    def take_held(self) -> Optional[HeldIteration]:
        held, self._held = self._held, None
        if held is not None:
            held.update, held.others, held.why_not = self._writes.taken(self._roles())
        return held

    def note_writes(self, returned: Mapping[str, Any]) -> None:
        """A backward has run.

        Args:
            returned: gradients that it gave, by the variable's name.
        """
        if self._writes.on:
            gradients = {id(array): "%s/%s" % (GRADIENT, name) for name, array in returned.items()}
            self._writes.begin({**self._roles(), **gradients})

    def _roles(self) -> Dict[int, str]:
        """The names of all arrays that an update changes, by identity."""
        states, arrays = self.states(), self.optimizer_arrays()
        if self._roles_of[0] is not states or self._roles_of[1] is not arrays:
            roles = {id(each.tensor): "%s/%s" % (WEIGHT, each.name) for each in states}
            roles.update((id(each.grad), "%s/%s" % (GRADIENT, each.name)) for each in states if each.grad is not None)
            roles.update((id(array), "%s/%s" % (STATE, name)) for name, array in arrays.items())
            self._roles_of = (states, arrays, roles)
        return self._roles_of[2]

    def reset(self) -> None:
        self._writes.reset()
        self._held = None
        self._tape.reset()
        self._executors.reset()
        self._discovery.forget_variables()
        self._named = {}
        self._changed = set()
        self._begun = self._forward = False
        self._differentiated = False
        self._notes.iteration_ended()
        self._bounds.iteration_begins()

    def remove(self) -> None:
        self._hooks.remove()
        self._executors.remove()
        self._lines.remove()
        self._loaders.remove()
        self._stores.remove()
        self._writing.remove()
        self._views.remove()
        self._differentiation.remove()
        self._trainers.remove()
        self._compiled.remove()
        self._python.remove()

    # What the other hooks need.

    @property
    def reads(self) -> CompiledReads:
        return self._reads

    @property
    def listener(self) -> Listener:
        return self._listener

    @property
    def discovery(self) -> Discovery:
        return self._discovery

    @property
    def sleeping(self) -> bool:
        return self._thread.asleep

    @property
    def updating(self) -> bool:
        return self._thread.updating

    @property
    def begun(self) -> bool:
        return self._begun

    @property
    def known(self) -> Set[int]:
        return self._known

    @property
    def in_program(self) -> bool:
        """Whether this is the thread that records."""
        return threading.get_ident() == self._program

    def gradients_change(self) -> None:
        """A backward is about to run."""
        self._forward = False
        self._bounds.renewed(each.grad for each in self._states if each.grad is not None)

    def record_begins(self) -> None:
        """The program begins to record."""
        self._program = threading.get_ident()
        self._differentiated = False
        self._writes.pause()
        self._listener.record_begins()

    def begin(self) -> None:
        """A recorded operation is about to run."""
        if not self._forward:
            self._listener.forward_begins()
            self._begun = self._forward = True

    def gate(self, run: Callable[[], Any], scaler: Optional[Scaler] = None, shared: bool = False) -> Any:
        """Run an update if the listener lets it; None if not. An update inside another is part of it.

        Args:
            scaler, shared: see `Listener.may_update`.
        """
        if self._thread.asleep or self._thread.updating:
            return run()
        self._forward = False
        with self._lock:
            if not self._listener.may_update(scaler, shared):
                return None
        self._thread.updating = True
        self._by_program_before, self._by_program = self._by_program, {}
        self._update_names.clear()
        self._notes.begin(calling_line())
        try:
            return run()
        finally:
            self._thread.updating = False

    # The hooks.

    def _install(self) -> None:
        replace = self._hooks.replace
        replace(register, "_imperative_invoke", self._invoke)
        replace(gluon.Block, "__call__", self._call)
        if "__call__" in vars(gluon.HybridBlock):
            replace(gluon.HybridBlock, "__call__", self._call)
        replace(gluon.HybridBlock, "_call_cached_op", self._call_compiled)
        replace(gluon.Parameter, "_finish_deferred_init", self._initialised)
        replace(autograd._RecordingStateScope, "__enter__", self._enter_scope)
        replace(autograd._RecordingStateScope, "__exit__", self._exit_scope)
        replace(autograd.Function, "__call__", self._call_function)
        self._trainers.install()
        self._differentiation.install()
        self._views.install()
        self._executors.install()
        self._lines.install()
        self._loaders.install()
        self._stores.install()
        self._writing.install()

    def _enter_scope(self, original: Any) -> Any:
        def enter(scope: Any) -> Any:
            if scope._enter_is_record and not self._thread.asleep and not autograd.is_recording():
                with self._lock:
                    self.record_begins()
            elif not self._thread.asleep and autograd.is_recording():
                self._interrupted()
            return original(scope)

        return enter

    def _interrupted(self) -> None:
        with self._lock, self.asleep():
            self._listener.record_interrupted()

    def _exit_scope(self, original: Any) -> Any:
        def leave(scope: Any, *arguments: Any) -> Any:
            if not self._thread.asleep and autograd.is_recording():
                self._interrupted()
            return original(scope, *arguments)

        return leave

    def _invoke(self, original: Any) -> Any:
        is_recording = autograd.is_recording

        def invoke(handle: Any, arrays: Any, keys: Any, values: Any, out: Any, *rest: Any) -> Any:
            self._moves += 1
            if self._thread.asleep:
                return original(handle, arrays, keys, values, out, *rest)
            recording = is_recording()
            name = operators.name_of(handle)
            attributes: Optional[Dict[str, str]] = None
            if out is not None and (recording or not self._thread.updating):
                self.wrote(listed(out))
            if not recording:

                def run() -> Any:
                    return original(handle, arrays, keys, values, out, *rest)

                def noted() -> Any:
                    return self._writes.run(name, keys, values, arrays, out, run) if self._writes.active else run()

                if self._begun and out is not None:
                    self._changed.update(id(each) for each in listed(out))
                if self._thread.updating:
                    self._updated_by(name, out)
                    self._bounds.update(name, keys, values, arrays, out)
                    return self._notes.run(name, keys, values, arrays, out, noted)
                # The engine runs custom operators in threads of its own; the program's may wait for them with the lock in hand.
                if threading.get_ident() != self._program:
                    return run()
                attributes = dict(zip(keys, map(str, values)))
                if not self._begun:
                    found = run()
                    with self._lock:
                        self._tape.saw_before(name, attributes, arrays, listed(found))
                    return found
                if not operators.draws(name, attributes):
                    if self.by_hand():
                        self._notes.begin()
                        return self._notes.run(name, keys, values, arrays, out, noted)
                    return noted()
            if recording:
                with self._lock:
                    self.begin()
                    self.grow()
            if operators.may_draw(name):
                self._about_to_draw(name, dict(zip(keys, map(str, values))))
            # Not under the lock: two threads may have to meet inside an operator (SyncBatchNorm).
            draws: Sequence[Any] = ()
            python: Any = None
            if name == "Dropout" and self._keep_draws and out is None and autograd.is_training():
                found, draws = dropout_with_mask(original, handle, arrays, keys, values, *rest)
            elif name == "Custom":
                self._bounds.forget()
                with self._python.calling() as python:
                    found = original(handle, arrays, keys, values, out, *rest)
            else:
                found = original(handle, arrays, keys, values, out, *rest)
            outputs = found if isinstance(found, (list, tuple)) else (found,)
            with self._lock:
                call = self._tape.saw(name, arrays, outputs, self._paths.current, self._known) if recording else None
                if call is None:
                    if attributes is None:
                        attributes = dict(zip(keys, map(str, values)))
                    self._tape.saw_unrecorded(name, attributes, arrays, outputs, self._paths.current)
                else:
                    call.draws = draws
                    if python is not None:
                        python.belongs_to(call, outputs)
                    if name in INDEXING or name in ALIGNING:
                        self._indices(name, dict(zip(keys, map(str, values))), arrays, call)
                    if self._margins.wanted and name in MARGINS:
                        with self.asleep():
                            self._margins.saw(name, dict(zip(keys, map(str, values))), arrays, outputs, call)
            return found

        return invoke

    def _about_to_draw(self, name: str, attributes: Mapping[str, str]) -> None:
        """Tell of an operator that takes random numbers, before it does."""
        idle = name in ("Dropout", "RNN", "LeakyReLU") and not autograd.is_training() and attributes.get("mode") != "always"
        if self._begun and not idle and (name == "Custom" or operators.draws(name, attributes)):
            with self._lock:
                self._listener.draws(alone=threading.get_ident() == self._program)

    def by_hand(self) -> bool:
        """Whether what runs now may be an update that the program has written out."""
        return self._differentiated and not self._discovery.updates

    def _updated_by(self, name: str, out: Any) -> None:
        """Note which operator writes which parameter; a key-value store's own copies of them are other arrays."""
        self._update_names.add(name)
        for each in listed(out):
            self._update_operators[id(each)] = name

    def _indices(self, name: str, attributes: Mapping[str, str], arrays: Sequence[Any], call: Call) -> None:
        place, shapes = "%s %s %s" % (name, call.block, call.source), [array.shape for array in arrays]
        how, aligned = indexing(name, attributes, shapes), alignment(name, attributes, shapes)
        with self.asleep():
            if how is not None:
                self._listener.indices(place, how, arrays[how.number])
            if aligned is not None:
                self._listener.targets(place, aligned, [arrays[k] for k in aligned.inputs])

    def _call(self, original: Any) -> Any:
        def call(block: Any, *arguments: Any, **options: Any) -> Any:
            if self._thread.asleep or not autograd.is_recording():
                return original(block, *arguments, **options)
            outermost = not self._paths.current
            with self._lock:
                if outermost and self._discovery.network(block):
                    self._grown = True
                self.begin()
                path, new = self._paths.enter(block)
            try:
                with self._lock:
                    if new:
                        self._discovery.block_added()
                        self._grown = True
                    self.grow()
                    if outermost:
                        self._came_in(block, arguments)
                out = original(block, *arguments, **options)
            finally:
                self._paths.leave()
            if not block._children or getattr(block, "_active", False):
                with self._lock:
                    outputs = arrays_in(out)
                    for array in outputs:
                        node = self._tape.name_of(array)
                        number = _output_of(array, len(outputs) == 1) if node else 0
                        with self.asleep():
                            self._listener.activation(path, node, number, array, self._tape.plain(node))
            return out

        return call

    def _came_in(self, block: Any, arguments: Sequence[Any]) -> None:
        """Tell of the arrays that a network was called with, unless an operator under `record` made them."""
        fresh = {}
        seen = {id(array) for array in self._named.values()}
        for name, array in named_arguments(block, arguments):
            if id(array) in seen or id(array) in self._known or self.place(array)[0]:
                continue
            device, unique, number = device_of(array), name, 1
            while (device, unique) in self._named:
                number += 1
                unique = "%s#%d" % (name, number)
            self._named[(device, unique)] = fresh[(device, unique)] = array
        if fresh:
            self._listener.inputs(fresh)

    def _call_compiled(self, original: Any) -> Any:
        def call(block: Any, *arguments: Any) -> Any:
            self._moves += 1
            if self._thread.asleep or not autograd.is_recording():
                return original(block, *arguments)
            if self._compiled.draws(block, arguments):
                with self._lock:
                    self._listener.draws(alone=threading.get_ident() == self._program)
            out, draws = self._compiled.call(original, block, arguments)
            with self._lock:
                outputs = arrays_in(out)
                inputs = arrays_in(arguments)
                note = self._tape.saw("", inputs, outputs, self._paths.current, self._known) if outputs else None
                if note is not None:
                    note.symbol, note.flags = self._compiled.described(block)
                    note.filled = self._compiled.filled(block, inputs)
                    with self.asleep():
                        self._reads.run(note.symbol, lambda: self._compiled.inputs(block, inputs), self._paths.current)
                    note.draws = draws
            return out

        return call

    def _call_function(self, original: Any) -> Any:
        def call(function: Any, *inputs: Any) -> Any:
            if self._thread.asleep or not autograd.is_recording():
                return original(function, *inputs)
            python = self._python.function(function)
            with self._lock:
                self.begin()
            self._bounds.forget()
            out = original(function, *inputs)
            with self._lock:
                outputs = arrays_in(out)
                note = self._tape.saw("", inputs, outputs, self._paths.current, self._known)
                if note is not None:
                    python.belongs_to(note, outputs)
            return out

        return call

    def _initialised(self, original: Any) -> Any:
        def finish(parameter: Any, *arguments: Any, **options: Any) -> Any:
            out = original(parameter, *arguments, **options)
            self._grown = True
            return out

        return finish

    def grow(self, force: bool = False) -> None:
        """Tell of what was found since the last time, before it runs."""
        if self._grown or force:
            self._grown = False
            self.states()
            self._listener.grew()

    def _found_variable(self, array: Any) -> None:
        self.states()
        if id(array) not in self._known:
            self._discovery.variable(array, self._differentiation.requested.get(id(array), "write"))
            self.states()
            self._listener.grew()

    def differentiate(
        self, heads: Sequence[Any], seeds: Sequence[Any], variables: Sequence[Any], train: bool, run: Callable[[], Any]
    ) -> Any:
        """Run a backward, told of before and after."""
        if self._thread.asleep:
            return run()
        self.gradients_change()
        self._differentiated = False
        with self._lock:
            places = [self.place(head) for head in heads]
            if any(name for name, _ in places):
                self._tape.take(heads, seeds, variables, train)
                self._tape.match(self.states(), self._named)
                self._listener.before_backward(heads, places)
        with self.asleep():
            out = run()
        with self._lock:
            self._changed = set()
            if any(name for name, _ in places):
                returned = dict(zip(self._names_of(variables), listed(out) if variables else []))
                self._listener.after_backward(returned)
                self._differentiated = True
                self.note_writes(returned)
        return out

    def _names_of(self, variables: Sequence[Any]) -> List[str]:
        names = {id(state.tensor): state.name for state in self._states}
        names.update((id(array), name) for (_, name), array in self._named.items())
        return [names.get(id(each), "variable_%d" % k) for k, each in enumerate(variables)]


def _output_of(array: Any, alone: bool) -> int:
    """Which output of its node the array is."""
    if alone:
        return 0
    symbol = autograd.get_symbol(array)
    label = str(symbol.list_outputs()[0])
    digits = label.rsplit("output", 1)[-1]
    if digits.isdigit():
        return int(digits)
    # Some operators have names for their outputs, such as RNN's `state`.
    return 0 if label == "%s_output" % symbol.name else int(json.loads(symbol.tojson())["heads"][0][1])
