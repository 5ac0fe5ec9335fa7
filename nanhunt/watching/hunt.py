"""A `Hunt` follows a training loop iteration after iteration and acts on a hit."""

from pathlib import Path
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Tuple

import numpy as np

from nanhunt.backends.alignment import Alignment
from nanhunt.backends.base import Backend, BatchPosition, Listener, Scaler, State
from nanhunt.backends.indexing import Indexing
from nanhunt.backends.margins import OnePass
from nanhunt.backends.reductions import Values
from nanhunt.diagnose.finding import Finding
from nanhunt.dump.retention import DumpFolder
from nanhunt.errors import NonFiniteError, PeerError
from nanhunt.preflight.program import Preflight
from nanhunt.probes import Probe, Watched
from nanhunt.watching.budget import Budget
from nanhunt.watching.crash import CrashStacks
from nanhunt.watching.early import EarlyWarnings
from nanhunt.watching.early.sizes import Sizes
from nanhunt.watching.hang.pace import AUTO, HangTimeout
from nanhunt.watching.hang.record import InFlight
from nanhunt.watching.hang.watchdog import OnHang, Watchdog, to_stderr
from nanhunt.watching.history import History
from nanhunt.watching.hit import HitHandler, Moment, Notice
from nanhunt.watching.iteration import Iteration, Vitals, seed_of
from nanhunt.watching.keeping import Keeping
from nanhunt.watching.labels import LabelWatch
from nanhunt.watching.overflow import HandledOverflows
from nanhunt.watching.peers.peers import Peers, Stop
from nanhunt.watching.peers.together import Together
from nanhunt.watching.samples import samples_of
from nanhunt.watching.sentinel import Reading, Readings, Sentinel
from nanhunt.watching.snapshot import Snapshot
from nanhunt.watching.spill import Spill
from nanhunt.watching.trail import Trail
from nanhunt.watching.views import Views

Report = Callable[[Finding, Optional[Path]], None]


class Hunt(Listener):
    """A watched training loop; made by `watch`.

    An iteration begins with its first recorded operation (or with `next_batch`), and is complete when an optimizer is asked for
    an update; in a program without any, when backward has run. Until then every tensor that the probes name is reduced on its
    device. `check`, the update, the next batch, or the next `record`, whichever comes first, reads all reductions at once.

    Attributes:
        findings: what was found so far.
        dumps: the files written so far.
    """

    def __init__(
        self,
        backend: Backend,
        net: Any,
        trainer: Any,
        folder: DumpFolder,
        on_nonfinite: str,
        seed: Optional[int],
        explain: bool,
        probes: Sequence[Probe],
        on_finding: Optional[Report],
        on_notice: Notice,
        budget: Optional[float] = None,
        measure: bool = False,
        keeping: Keeping = Keeping(),  # noqa: B008
        preflight: Optional[Preflight] = None,
        peers: Optional[Peers] = None,
        hang_timeout: HangTimeout = AUTO,
        on_hang: OnHang = to_stderr,
    ) -> None:
        self.findings: List[Finding] = []
        self.dumps: List[Path] = []
        self._backend = backend
        self._on_nonfinite = on_nonfinite
        self._seed = seed
        self._on_finding = on_finding
        self._notice = on_notice
        self._preflight = preflight
        self._collector = backend.collector()
        self._labels = LabelWatch(backend, self._collector) if explain else None
        self._sizes = Sizes()
        self._early = EarlyWarnings(backend, on_notice, self._sizes)
        self._history = History(keeping.history)
        self._snapshot = Snapshot(backend)
        self._states: List[State] = []
        self._step = 0
        self._batch: Optional[BatchPosition] = None
        self._overflows = HandledOverflows(on_notice)
        self._budget = Budget(budget, on_notice, measures=measure)
        self._draws = True  # as long as no iteration was seen
        self._now = self._fresh()
        self._closed = False
        self._instrumentation = backend.instrument(self, net, trainer, keep_draws=seed is None)
        self._views = Views(backend, self._instrumentation)
        self._together = Together(peers, self._instrumentation)
        self._sentinel = Sentinel(backend, self._collector, probes, self._instrumentation)
        spill = Spill(Path(keeping.spill)) if keeping.spill is not None and keeping.snapshot_every else None
        self._trail = Trail(backend, self._instrumentation, keeping, spill, on_notice)
        self._hits = HitHandler(backend, self._instrumentation, folder, explain, self._history, self._trail, on_notice)
        if on_nonfinite == "raise":
            self._hits.on_certain = self._together.stops
        self._crash = CrashStacks()
        self._crash.start()
        self._watchdog: Optional[Watchdog] = None
        if hang_timeout != 0:
            watched = (self._in_flight, self._under_way, lambda: self._batch)
            self._watchdog = Watchdog(
                backend, self._instrumentation, folder, hang_timeout, *watched, self._together.hanging(on_hang), on_notice
            )
            self._watchdog.start()

    def __enter__(self) -> "Hunt":
        return self

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        self._close(error)

    @property
    def at_work(self) -> bool:
        """Whether it runs operators of its own in this thread, as when it runs an iteration again."""
        return self._instrumentation.sleeping

    # What a loop may tell.

    def next_batch(
        self,
        inputs: Mapping[str, Mapping[str, Any]],
        epoch: int = 0,
        iteration: Optional[int] = None,
        step: Optional[int] = None,
        lr: Optional[float] = None,
        samples: Sequence[Mapping[str, Any]] = (),
        data: Optional[Mapping[str, Any]] = None,
        host: Optional[Mapping[str, Mapping[str, np.ndarray]]] = None,
    ) -> None:
        """Begin an iteration and say what goes into it; optional, and to be called before the forward.

        Args:
            inputs: device to array name to tensor, e.g. `{"cpu(0)": {"data": x, "label": y}}`.
            epoch, iteration, step: zero-based; `step` counts from the run's beginning.
            lr: learning rate of this iteration.
            samples: one mapping per sample with `index`, `path`, `device`, `row`, `draws`.
            data: how the batch was made, in JSON values, to be kept in a dump.
            host: `inputs` as the NumPy arrays that they were made of: what a dump holds where the devices hang.
        """
        self._finish()
        if step is not None:
            self._step = step
        now = self._now
        now.told = True
        now.meta.update(
            epoch=epoch,
            iteration=self._step if iteration is None else iteration,
            lr=lr,
            samples=[dict(each) for each in samples],
        )
        if data is not None:
            now.meta["data"] = dict(data)
        now.named = {(device, name): tensor for device, arrays in inputs.items() for name, tensor in arrays.items()}
        now.host = {(device, name): array for device, arrays in (host or {}).items() for name, array in arrays.items()}
        self._instrumentation.know(now.named)
        self._begin()

    def observe(self, **arrays: Any) -> None:
        """Check arrays that no block returns, under the names given: `hunt.observe(attention=scores)`. It is queued."""
        if not self._now.begun:
            self._begin()
        for name, array in arrays.items():
            node, output = self._instrumentation.place(array)
            kind = "activation" if node else "input"
            self._sentinel.look([Watched(kind, name, self._backend.device(array), array, node, output)])
        self._now.unread = True

    def vitals(self) -> Vitals:
        """How the iteration is doing, after `check` and before its update: out of what was read, the device is not asked."""
        return Vitals(*self._history.last(), self._budget.measured)

    def check(self, scaler: Optional[Scaler] = None) -> Optional[Finding]:
        """Read all checks that are queued, at once; the update calls it too.

        Args:
            scaler: a loss scaler of the loop's own, which leaves this update out where a gradient overflows.

        Returns:
            The finding, or None where everything is finite (or what is not was put there on purpose and reaches nothing).

        Raises:
            NonFiniteError: something is non-finite and `on_nonfinite` is `raise`.
        """
        return self._check(scaler=scaler)

    def _check(self, asked: bool = True, scaler: Optional[Scaler] = None) -> Optional[Finding]:
        """See `check`, and `HandledOverflows.are`."""
        now = self._now
        if not now.unread or not now.begun:
            return None
        now.unread = False
        if not now.differentiated:
            self._look_at_pending()
        self._sentinel.look_at_due()
        values = self._collector.read()
        readings = self._sentinel.readings(values)
        self._keep(readings, values)
        for remark in self._sentinel.remarks():
            self._notice(str(remark))
        alarms = [] if readings.finite else self._hits.alarms(readings)
        self._instrumentation.expect_update(readings.nearness())
        finding = None
        if self._overflows.are(alarms, asked or not self._instrumentation.updates, scaler):
            self._overflows.add(self._step)
            alarms = []
            now.skipped = True
        if alarms and not now.withhold:
            readings = self._look_at_all()
            self._together.looks(True)
            hit = self._hits.handle(self._moment(readings))
            if hit is not None:
                finding = hit.finding
                self._act(finding, hit.path)
        self._views.settled = finding is None
        if finding is None and now.differentiated and not now.withhold:
            self._look_at_labels(readings, values)
            if self._preflight is not None:
                self._preflight.after_backward(self._backend, self._instrumentation, self._states)
            if not now.warned:
                now.warned = True
                self._early.look(self._step, readings, self._instrumentation.loss_scale(), now.skipped)
            self._trail.checked(now.meta, frozenset(now.named), readings, self._snapshot)
        return finding

    def _keep(self, readings: Readings, values: Values) -> None:
        """In the history, which must not end a run."""
        try:
            self._sizes.turn_to(readings)
            self._history.add(self._now.meta, self._sample_indices(), self._sizes, values)
        except Exception as error:
            self._notice("no history is kept from now on (%s: %s)" % (type(error).__name__, error))
            self._history = self._hits.history = History(0)

    def _sample_indices(self) -> Sequence[int]:
        if not self._now.told:
            return self._batch.indices if self._batch is not None else ()
        indices = [each.get("index") for each in self._now.meta["samples"]]
        return [-1 if index is None else int(index) for index in indices]

    def close(self, final_check: bool = True) -> None:
        """Take all hooks out; before that, look at what the last update left behind.

        Raises:
            NonFiniteError: the last update left something non-finite and `on_nonfinite` is `raise`.
        """
        if self._closed:
            return
        self._closed = True
        self._overflows.close()
        try:
            if final_check:
                self._finish()
                self._begin()
                self.check()
        finally:
            self._trail.close()
            if self._watchdog is not None:
                self._watchdog.stop()
            self._crash.stop()
            self._instrumentation.remove()
            self._sentinel.close()
            self._collector.reset()
            self._instrumentation.reset()
            self._release()

    def _release(self) -> None:
        """Let go of every array: the program may keep a Hunt for its findings."""
        self._now, self._states = self._fresh(), []
        self._snapshot = Snapshot(self._backend)
        self._views = Views(self._backend, self._instrumentation)
        self._sizes.forget()

    def _close(self, error: Optional[BaseException]) -> None:
        """Close after the program ended, with `error` or without; one that is under way is not replaced by ours."""
        try:
            self._close_after(error)
        finally:
            self._together.close(error)

    def _close_after(self, error: Optional[BaseException]) -> None:
        if error is None or isinstance(error, SystemExit):
            self.close()
            return
        try:
            if not isinstance(error, (NonFiniteError, PeerError)):
                self._finish()
        except NonFiniteError:
            pass  # it is among the findings
        except Exception as ours:
            self._notice("the last iteration could not be looked at (%s: %s)" % (type(ours).__name__, ours))
        finally:
            self.close(final_check=False)

    # What the framework tells.

    def record_begins(self) -> None:
        if self._now.over:
            self._end()
        elif not self._now.told or self._now.differentiated:
            # A part of the iteration is complete. If the program never comes to an update, this is the last chance to see it.
            finding = self._check(asked=False)
            # Told, and the program goes on without having differentiated it: what comes is another iteration.
            left_out = finding is not None and not self._now.differentiated
            if left_out or self._now.skipped and all(each.grad_req != "add" for each in self._states):
                self._end()

    def record_interrupted(self) -> None:
        self._sentinel.flush()

    def forward_begins(self) -> None:
        if self._now.over:
            self._end()
        if not self._now.begun:
            self._begin()

    def grew(self) -> None:
        if self._preflight is not None:
            self._preflight.before_forward(self._instrumentation)
        now, known = self._now, {id(each.tensor) for each in self._states}
        self._states = self._instrumentation.states()
        if not now.begun:
            return
        fresh = [each for each in self._states if id(each.tensor) not in known]
        if fresh:
            self._snapshot.add(fresh)
            self._trail.grew(fresh, self._snapshot)
            self._sentinel.ask("begin", self._views.of_states(fresh), together=False)
            self._views.grew(self._states, now.named)

    def inputs(self, named: Mapping[Tuple[str, str], Any]) -> None:
        if self._preflight is not None:
            self._preflight.before_forward(self._instrumentation, [device for device, _ in named])
        self._now.named.update(named)
        self._sentinel.ask_later(self._views.of_inputs(named))
        self._now.unread = True

    def batch(self, position: BatchPosition) -> None:
        if self._now.begun and not self._now.over and not self._now.told:
            self.check()
        self._batch = position

    def draws(self, alone: bool) -> None:
        self._now.draws = True
        if not self._now.seeded:
            self._seed_now(alone)

    def activation(self, block: str, node: str, output: int, tensor: Any, plain: bool) -> None:
        self._now.activations += 1
        if not self._budget.looks_at(self._now.activations):
            return
        watched = Watched("activation", block, self._backend.device(tensor), tensor, node, output, plain)
        self._sentinel.ask("forward", self._views.returned(watched))
        self._now.unread = True

    def indices(self, place: str, how: Indexing, tensor: Any) -> None:
        if self._labels is not None:
            self._labels.look(place, how, tensor)

    def targets(self, place: str, how: Alignment, tensors: Sequence[Any]) -> None:
        if self._labels is not None:
            self._labels.look_at_targets(place, how, tensors)

    def logarithms(self, place: str, dtype: str, smallest: Any) -> None:
        self._early.logarithms(place, dtype, smallest)

    def one_pass(self, place: str, how: OnePass, mean: Any, variance: Any) -> None:
        self._early.one_pass(place, how, mean, variance)

    def before_backward(self, heads: Sequence[Any], names: Sequence[Tuple[str, int]]) -> None:
        self._snapshot.take_gradients(self._states)
        self._look_at_heads([(head, *name) for head, name in zip(heads, names)])

    def after_backward(self, returned: Mapping[str, Any]) -> None:
        now = self._now
        now.differentiated = now.unread = True
        self._sentinel.ask("end", self._views.now)
        self._sentinel.look([Watched("gradient", name, self._backend.device(each), each) for name, each in returned.items()])
        if not self._instrumentation.updates and not now.told:
            # Nobody will ask: the program may change its arrays itself from here on.
            self.check()
            now.over = True

    def may_update(self, scaler: Optional[Scaler], shared: bool) -> bool:
        now = self._now
        if now.begun:
            self._check(scaler=scaler)
            now.over = True
            stop = None if now.withhold else self._together.agree(self._step, shared)
            if stop is not None:
                self._follow(stop)
        return not now.withhold

    # One iteration.

    def _meta(self) -> Dict[str, Any]:
        """What is known of the iteration, for a dump."""
        if not self._now.told and self._batch is not None:
            self._now.meta["samples"] = samples_of(self._batch, self._now.named)
        worker = self._together.worker()
        if worker is not None:
            self._now.meta["worker"] = worker
        return self._now.meta

    def _moment(self, readings: Sequence[Reading]) -> Moment:
        return Moment(self._meta(), self._states, self._snapshot, self._now.named, readings)

    def _fresh(self) -> Iteration:
        return Iteration({"epoch": 0, "iteration": self._step, "lr": None, "samples": []})

    def _under_way(self) -> Tuple[int, bool]:
        """The step, and whether an iteration of it is between its first operation and its update; asked by the watchdog."""
        now = self._now
        returned = now.differentiated and not self._instrumentation.updates
        return self._step, now.begun and not now.over and not returned

    def _in_flight(self) -> InFlight:
        """What a dump of a hang is made of; called in another thread while this one stands still."""
        now = self._now
        return InFlight(
            dict(self._meta(), step=self._step),
            self._under_way()[1],
            now.differentiated,
            self._states,
            self._snapshot,
            now.named,
            now.host,
            self._history.run_up(),
            self._sentinel.queued(),
        )

    def _begin(self) -> None:
        now = self._now
        now.begun = now.unread = True
        if not now.told and self._batch is not None:
            now.meta.update(epoch=self._batch.epoch, iteration=self._batch.iteration)
        seed = None if self._seed is None else seed_of(self._seed, self._step)
        now.meta.update(step=self._step, seed=seed, clean_before=self._views.settled)
        recent = self._early.recent(self._step)
        if recent:
            now.meta["warnings"] = recent
        self._instrumentation.look_closer(*self._early.begin())
        if self._draws:
            self._seed_now()
        self._states = self._instrumentation.states()
        self._snapshot.take(self._states)
        arrays = self._instrumentation.optimizer_arrays()
        self._trail.begin(self._step, self._states, self._snapshot, arrays, self._views.settled)
        view = self._views.begin(self._states, now.named)
        self._budget.iteration()
        self._sentinel.twice = self._budget.twice
        self._sentinel.ask("begin", view, standing=self._budget.looks_at(0))

    def _seed_now(self, wait: bool = True) -> None:
        """Seed the generators. It takes a millisecond, so that an iteration after one without draws does not begin with it."""
        seed = self._now.meta["seed"]
        if seed is not None:
            self._now.seeded = True
            self._backend.seed(seed, wait)

    def _finish(self) -> None:
        """Look at what is left of an iteration that comes to no update, and end it."""
        if self._now.begun:
            try:
                self._check(asked=False)
            finally:
                self._end()

    def _end(self) -> None:
        self._step += 1
        self._history.ends(self._instrumentation.learning_rate())
        self._trail.ends(self._now.withhold)
        self._draws = self._now.draws
        self._sentinel.reset()
        self._collector.reset()
        self._early.reset()
        if self._labels is not None:
            self._labels.reset()
        self._instrumentation.reset()
        self._now = self._fresh()

    def _look_at_pending(self) -> None:
        """The iteration has not come to backward, and may never: its last outputs are what it has for a loss."""
        self._look_at_heads(self._instrumentation.take_pending())

    def _look_at_all(self) -> Readings:
        """Parameters and the optimizer's arrays too, which are not all read where others tell of them: how far did it get?"""
        self._sentinel.ask("begin", self._views.of_updated(), together=False)
        return self._sentinel.readings(self._collector.read())

    def _look_at_labels(self, readings: Sequence[Reading], values: Values) -> None:
        """Labels that cannot be: found once, told, and not stopped for, since nothing is non-finite yet."""
        suspects = self._labels.suspects(values) if self._labels is not None else []
        if not suspects or self._labels is None:
            return
        self._labels.settle(suspects)
        hit = self._hits.bad_label(self._moment(self._look_at_all()))
        if hit is not None:
            self._tell(hit.finding, hit.path)

    def _look_at_heads(self, heads: Sequence[Tuple[Any, str, int]]) -> None:
        watched = [Watched("loss", "loss", self._backend.device(head), head, node, output) for head, node, output in heads]
        self._history.heads(self._collector, [each.tensor for each in watched])
        self._sentinel.ask("loss", self._views.differentiated(watched))

    def _tell(self, finding: Finding, path: Optional[Path]) -> None:
        self.findings.append(finding)
        if path is not None:
            self.dumps.append(path)
        if self._on_finding is not None:
            self._on_finding(finding, path)

    def _act(self, finding: Finding, path: Optional[Path]) -> None:
        self._tell(finding, path)
        if self._on_nonfinite == "warn":
            return
        self._withhold()
        if self._on_nonfinite == "skip":
            self._together.skips(finding)
        else:
            self._together.stops(finding)
        if self._on_nonfinite == "raise":
            producer, at = finding.producer, finding.iteration
            where = (
                ": %s in %s" % (producer.value or finding.cause, producer.op or producer.block) if producer is not None else ""
            )
            raise NonFiniteError("non-finite at epoch %d iteration %d%s" % (at.epoch, at.iteration, where), finding, path)

    def _withhold(self) -> None:
        self._now.withhold = True
        self._snapshot.restore()

    def _follow(self, stop: Stop) -> None:
        """Another worker's iteration is bad, and this one's update is withheld with it."""
        if stop.skip:
            self._notice("step %d: the update is left out with worker %d, which found %s" % (self._step, stop.rank, stop.what))
            self._withhold()
            return
        moment = self._moment(self._look_at_all())
        moment.meta["worker"].update(stopped_with=stop.rank, what=stop.what)
        hit = self._hits.stopped(moment)
        self._tell(hit.finding, hit.path)
        self._withhold()
        raise NonFiniteError("stopped with worker %d, which found %s" % (stop.rank, stop.what), hit.finding, hit.path)
