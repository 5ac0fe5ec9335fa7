"""Watch a training loop: `watch` puts the hooks in, a `Hunt` follows iteration after iteration and acts on a hit."""

import warnings
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Set, Tuple, Union

from nanhunt.backends.base import Backend, Listener, OptimizerState, State, load
from nanhunt.diagnose.finding import Finding
from nanhunt.dump.reader import DumpReader
from nanhunt.dump.record import Record
from nanhunt.dump.retention import DumpFolder
from nanhunt.dump.writer import update_finding
from nanhunt.errors import DumpError, NanhuntError, NonFiniteError, UsageError
from nanhunt.probes import BUILT_IN, IterationView, Probe, Watched
from nanhunt.replay.explain import explain, preliminary
from nanhunt.watching.capture import bad_kinds, make_record
from nanhunt.watching.sentinel import Reading, Sentinel
from nanhunt.watching.snapshot import Snapshot

Report = Callable[[Finding, Optional[Path]], None]
Notice = Callable[[str], None]

REACTIONS = ("raise", "skip", "warn")


@dataclass
class _Iteration:
    """What is known about the iteration under way."""

    meta: Dict[str, Any]
    named: Dict[Tuple[str, str], Any]
    heads: List[Watched]
    begun: bool = False
    differentiated: bool = False
    checked: bool = False
    withhold: bool = False


def seed_of(seed: int, step: int) -> int:
    """The framework's seed for one iteration: spread over 31 bits, so that neighbouring runs and steps share no stream."""
    mixed = (seed * 0x9E3779B1 + step * 0x85EBCA77 + 0x165667B1) & 0xFFFFFFFF
    mixed ^= mixed >> 15
    return (mixed * 0x2C1B3C6D & 0xFFFFFFFF) >> 1


def _notice(text: str) -> None:
    warnings.warn(text, RuntimeWarning, stacklevel=3)


class Hunt(Listener):
    """A watched training loop; made by `watch`.

    An iteration begins with its first recorded operation (or with `next_batch`), and ends with the trainer's update. Between
    them every tensor that the probes name is reduced on its device; `check`, or the update itself, reads all reductions once.

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
        seed: int,
        explain: bool,
        probes: Sequence[Probe],
        on_finding: Optional[Report],
        on_notice: Notice,
    ) -> None:
        self.findings: List[Finding] = []
        self.dumps: List[Path] = []
        self._backend = backend
        self._net, self._trainer = net, trainer
        self._folder = folder
        self._on_nonfinite = on_nonfinite
        self._seed = seed
        self._explain = explain
        self._probes = probes
        self._on_finding = on_finding
        self._notice = on_notice
        self._sentinel = Sentinel(backend)
        self._snapshot = Snapshot(backend)
        self._states: List[State] = []
        self._step = 0
        self._clean_before = False
        self._view = IterationView({}, (), (), {})
        self._harmless: Set[Tuple[str, str, str, int]] = set()
        self._now = self._fresh()
        self._closed = False
        self._instrumentation = backend.instrument(self, net, trainer)

    def __enter__(self) -> "Hunt":
        return self

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        self.close(final_check=kind is None)

    # What a loop may tell.

    def next_batch(
        self,
        inputs: Mapping[str, Mapping[str, Any]],
        epoch: int = 0,
        iteration: Optional[int] = None,
        step: Optional[int] = None,
        lr: Optional[float] = None,
        samples: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        """Begin an iteration and say what goes into it; optional, and to be called before the forward.

        Args:
            inputs: device to array name to tensor, e.g. `{"cpu(0)": {"data": x, "label": y}}`.
            epoch, iteration, step: zero-based; `step` counts from the run's beginning.
            lr: learning rate of this iteration.
            samples: one mapping per sample with `index`, `path`, `device`, `row`, `draws`.
        """
        self._finish()
        if step is not None:
            self._step = step
        self._now.meta.update(
            epoch=epoch,
            iteration=self._step if iteration is None else iteration,
            lr=lr,
            samples=[dict(each) for each in samples],
        )
        self._now.named = {(device, name): tensor for device, arrays in inputs.items() for name, tensor in arrays.items()}
        self._begin()

    def check(self) -> Optional[Finding]:
        """Read all checks of this iteration, once; the update calls it too.

        Returns:
            The finding, or None where everything is finite (or what is not was put there on purpose and reaches nothing).

        Raises:
            NonFiniteError: something is non-finite and `on_nonfinite` is `raise`.
        """
        now = self._now
        if now.checked or not now.begun:
            return None
        now.checked = True
        readings = self._sentinel.read()
        alarms = [each for each in readings if each.alarm and self._matters(each, readings)]
        finding = self._hit(readings, alarms) if alarms else None
        self._clean_before = finding is None
        return finding

    def close(self, final_check: bool = True) -> None:
        """Take all hooks out; before that, look at what the last update left behind.

        Raises:
            NonFiniteError: the last update left something non-finite and `on_nonfinite` is `raise`.
        """
        if self._closed:
            return
        self._closed = True
        try:
            if final_check:
                self._finish()
                self._begin()
                self.check()
        finally:
            self._instrumentation.remove()
            self._sentinel.reset()
            self._instrumentation.reset()

    # What the framework tells.

    def forward_begins(self) -> None:
        if not self._now.begun:
            self._begin()

    def activation(self, block: str, node: str, output: int, tensor: Any) -> None:
        watched = Watched("activation", block, self._backend.device(tensor), tensor, node, output)
        self._look("forward", replace(self._view, activation=watched))

    def before_backward(self, heads: Sequence[Any]) -> None:
        now = self._now
        if now.checked:
            return
        names = self._instrumentation.head_names(heads)
        now.heads = [
            Watched("loss", "loss", self._backend.device(head), head, node, output)
            for head, (node, output) in zip(heads, names)
        ]
        self._view = replace(self._view, heads=tuple(now.heads))
        self._look("loss", self._view)

    def after_backward(self) -> None:
        now = self._now
        if now.checked:
            return
        now.differentiated = True
        self._look("end", self._view)

    def may_update(self) -> bool:
        self.check()
        return not self._now.withhold

    def updated(self) -> None:
        self._step += 1
        self._forget()

    # One iteration.

    def _fresh(self) -> _Iteration:
        return _Iteration({"epoch": 0, "iteration": self._step, "lr": None, "samples": []}, {}, [])

    def _begin(self) -> None:
        now = self._now
        now.begun = True
        now.meta.update(step=self._step, seed=seed_of(self._seed, self._step), clean_before=self._clean_before)
        self._backend.seed(now.meta["seed"])
        self._states = self._backend.states(self._net, self._trainer)
        self._instrumentation.know(self._states, now.named)
        self._snapshot.take([each for each in self._states if self._backend.is_statistic(each)])
        self._view = self._new_view()
        self._look("begin", self._view)

    def _finish(self) -> None:
        """End an iteration that never came to an update."""
        if self._now.begun:
            if self._now.differentiated:
                self.check()
            self._forget()

    def _forget(self) -> None:
        self._sentinel.reset()
        self._instrumentation.reset()
        self._now = self._fresh()

    def _new_view(self) -> IterationView:
        statistic = self._backend.is_statistic
        return IterationView(
            batch=self._now.named,
            parameters=[each for each in self._states if not statistic(each)],
            aux=[each for each in self._states if statistic(each)],
            optimizer={(self._backend.device(t), name): t for name, t in self._optimizer().arrays.items()},
            first=not self._clean_before,
        )

    def _optimizer(self) -> OptimizerState:
        return self._backend.optimizer_state(self._trainer)

    def _look(self, moment: str, view: IterationView) -> None:
        for probe in self._probes:
            self._sentinel.look(getattr(probe, moment)(view))

    # A hit.

    def _matters(self, reading: Reading, readings: Sequence[Reading]) -> bool:
        """False for a block known to put infinities there on purpose, as long as nothing else is wrong."""
        watched = reading.watched
        if (watched.name, watched.device, watched.kind, watched.output) not in self._harmless:
            return True
        return any(each.alarm and each.watched.kind != "activation" for each in readings)

    def _hit(self, readings: Sequence[Reading], alarms: Sequence[Reading]) -> Optional[Finding]:
        record = make_record(
            self._backend,
            "non-finite",
            self._now.meta,
            self._instrumentation.capture(),
            [each for each in self._states if not self._backend.is_statistic(each)],
            self._snapshot.tensors(),
            self._optimizer(),
            self._now.named,
            readings,
        )
        certain = bad_kinds(record.observed)
        if not certain:
            return self._only_activations(record, alarms)
        path = self._write(replace(record, finding=preliminary(record).to_json()))
        finding = preliminary(record)
        if self._explain:
            finding = self._explained(record, path) or finding
        return self._act(finding, path)

    def _only_activations(self, record: Record, alarms: Sequence[Reading]) -> Optional[Finding]:
        """The rest is finite: a reduction overflowed, a mask is infinite on purpose, or a NaN was swallowed."""
        if all(each.watched.kind != "activation" for each in alarms):
            return None  # exact counts already said that these are only huge
        finding = self._explained(record, None)
        if finding is not None and finding.producer is None:
            for each in alarms:
                self._harmless.add((each.watched.name, each.watched.device, each.watched.kind, each.watched.output))
            return None
        finding = finding or preliminary(record)
        return self._act(finding, self._write(replace(record, finding=finding.to_json())))

    def _explained(self, record: Record, path: Optional[Path]) -> Optional[Finding]:
        """The finding from running the iteration again; None where that is not possible."""
        try:
            with self._instrumentation.asleep():
                if path is None:
                    return explain(record, self._backend).finding
                with DumpReader(path) as reader:
                    finding = explain(reader.record, self._backend).finding
            update_finding(path, finding.to_json())
            return finding
        except (NanhuntError, MemoryError) as error:
            self._notice("the iteration could not be explained: %s" % error)
        except Exception as error:  # the framework's own errors: the run must survive the microscope
            words = (str(error).strip().splitlines() or [""])[0]
            self._notice("the iteration could not be explained (%s: %s)" % (type(error).__name__, words))
        return None

    def _write(self, record: Record) -> Optional[Path]:
        try:
            path = self._folder.write(record)
        except DumpError as error:
            self._notice(str(error))
            return None
        if path is not None:
            self.dumps.append(path)
        return path

    def _act(self, finding: Finding, path: Optional[Path]) -> Finding:
        self.findings.append(finding)
        if self._on_finding is not None:
            self._on_finding(finding, path)
        if self._on_nonfinite != "warn":
            self._now.withhold = True
            self._snapshot.restore()
        if self._on_nonfinite == "raise":
            place = finding.iteration
            where = (
                ": %s in %s" % (finding.producer.value, finding.producer.op or finding.producer.block)
                if finding.producer
                else ""
            )
            raise NonFiniteError("non-finite at epoch %d iteration %d%s" % (place.epoch, place.iteration, where), finding, path)
        return finding


def watch(
    net: Any = None,
    trainer: Any = None,
    *,
    dump_dir: Union[str, Path] = "nanhunt-dumps",
    on_nonfinite: str = "raise",
    keep_dumps: int = 5,
    seed: int = 0,
    explain: bool = True,
    probes: Sequence[Probe] = BUILT_IN,
    on_finding: Optional[Report] = None,
    on_notice: Notice = _notice,
) -> Hunt:
    """Watch a training loop until the Hunt is closed (it is a context manager).

    Args:
        net: the Gluon network, or several.
        trainer: the `gluon.Trainer`, or several; their updates are withheld on a hit.
        dump_dir: folder for the dumps, made where it is missing.
        on_nonfinite: `raise` NonFiniteError, or `skip` and go on: both withhold the update and put the running statistics back;
            `warn`: report, update and go on.
        keep_dumps: most dumps to write in this run; the earliest ones tell most.
        seed: the framework's generator is seeded from (seed, step) at every iteration, so that a dump replays its draws.
        explain: on a hit, run the iteration again at once and name the operator.
        probes: what is looked at.
        on_finding: called with each finding and its dump, before anything is raised.
        on_notice: told in one line about what went wrong inside nanhunt itself, such as a full disk.

    Raises:
        UsageError: the folder cannot be written, or an option has no such value.
        NanhuntError: the framework is not installed.
    """
    if on_nonfinite not in REACTIONS:
        raise UsageError("on_nonfinite must be one of %s, not %r" % (", ".join(REACTIONS), on_nonfinite))
    folder = DumpFolder(Path(dump_dir), keep_dumps)
    folder.check()
    return Hunt(load(), net, trainer, folder, on_nonfinite, seed, explain, tuple(probes), on_finding, on_notice)
