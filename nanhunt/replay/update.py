"""The optimizer's update again: which of its operators gave the non-finite value first, and what it read there."""

import math
from dataclasses import dataclass, replace
from typing import Dict, List, Mapping, Optional, Tuple

import numpy as np

from nanhunt.backends.base import Backend
from nanhunt.backends.update import GRADIENT, STATE, VIEW, WEIGHT, Step, Update
from nanhunt.diagnose.evidence import TensorFacts, facts_of
from nanhunt.diagnose.finding import Finding, Producer
from nanhunt.dump.record import Record
from nanhunt.errors import ReplayError

UPDATES = "updates"
"""Key of a dump's graph: array name (`<parameter>`, `<parameter>/<k>`) to the steps that wrote it last."""


@dataclass(frozen=True)
class Call:
    """One operator of an update that gave something non-finite.

    Attributes:
        place: its number among the steps.
        step: the operator.
        inputs: what it read.
        bad: what it wrote that is non-finite.
        from_finite: whether all that it read was finite.
    """

    place: int
    step: Step
    inputs: Tuple[np.ndarray, ...]
    bad: np.ndarray
    from_finite: bool


@dataclass(frozen=True)
class UpdateRun:
    """An update that ran again.

    Attributes:
        calls: the operators that gave something non-finite, in order.
        result: the target afterwards.
        same: whether that is what the training was left with.
    """

    calls: Tuple[Call, ...]
    result: np.ndarray
    same: bool

    @property
    def first(self) -> Optional[Call]:
        """The first that gave it although all that it read was finite."""
        return next((each for each in self.calls if each.from_finite), None)


def update_of(record: Record, name: str) -> Optional[Update]:
    """The update of a parameter or of an optimizer state, where the dump has it in full."""
    body = (record.graph.get(UPDATES) or {}).get(name)
    if body is None:
        return None
    try:
        update = Update.from_json(body)
    except ValueError:
        return None
    return update if all(each in record.history for each in update.kept.values()) else None


def after_update(record: Record, name: str) -> Optional[np.ndarray]:
    """What the training was left with."""
    found = record.parameters.get(name)
    return found if found is not None else record.optimizer.get(name)


def rerun(
    record: Record, backend: Backend, name: str, update: Update, arrays: Optional[Mapping[str, np.ndarray]] = None
) -> UpdateRun:
    """Run the update of `name`.

    Args:
        arrays: instead of those kept.

    Raises:
        ReplayError: it cannot be run here.
    """
    calls: List[Call] = []

    def first(pair: Tuple[int, np.ndarray]) -> bool:
        return pair[0] != update.target

    def visit(place: int, inputs: List[np.ndarray], written: List[np.ndarray]) -> None:
        cells = update.steps[place].written
        bad = next((array for cell, array in sorted(zip(cells, written), key=first) if not _finite(array)), None)
        if bad is not None:
            finite = all(_finite(each) for each in inputs)
            calls.append(Call(place, update.steps[place], tuple(inputs), bad, finite))

    def values(key: str) -> np.ndarray:
        return arrays[key] if arrays is not None and key in arrays else record.history[key]

    result = backend.run_update(update, values, visit)
    left = after_update(record, name)
    same = left is not None and left.shape == result.shape and bool(np.array_equal(np.isnan(left), np.isnan(result)))
    if same and left is not None:
        there = ~np.isnan(left)
        same = bool(np.array_equal(left[there], result[there]))
    return UpdateRun(tuple(calls), result, same)


def explain_update(finding: Finding, producer: Producer, record: Record, backend: Optional[Backend]) -> Finding:
    """A parameter or state that was finite, with finite gradients, one iteration ago: the update in between made it so.

    Where the dump holds what the update read, and the update run again leaves the very values that the training was left
    with, the operator is proven. Otherwise it is inferred.
    """
    update = update_of(record, producer.block)
    if update is not None and backend is not None:
        try:
            run = rerun(record, backend, producer.block, update)
        except ReplayError:
            run = None
        if run is not None and run.same and run.first is not None:
            return _proven(finding, producer, record, update, run, run.first)
    return _inferred(finding, producer, record)


def _proven(finding: Finding, producer: Producer, record: Record, update: Update, run: UpdateRun, call: Call) -> Finding:
    facts, step = facts_of(call.bad), call.step
    what = "parameter" if producer.phase == "parameter" else "optimizer state"
    # What makes the state's zeros in the first update is no part of the rule.
    operators = [k for k, each in enumerate(update.steps) if each.op != VIEW and (each.inputs or each.drawn)]
    number = operators.index(call.place) + 1
    which = "" if len(operators) == 1 else ", number %d of the %d operators" % (number, len(operators))
    rule = _rule(record)
    return replace(
        finding,
        producer=replace(
            producer,
            phase="optimizer",
            op=step.op,
            source=step.source,
            value=facts.value,
            count=facts.bad,
            shape=facts.shape,
            index=facts.first_bad,
        ),
        proof="proven",
        cause="optimizer-step",
        why="%s%s of %s of %s %s after step %d, gave %s at %s of %s; %s"
        % (
            step.op,
            which,
            "%s's update%s" % (rule, _rate(record)) if rule else "the update",
            what,
            producer.block,
            finding.iteration.step - 1,
            facts.value,
            list(facts.first_bad),
            list(facts.shape),
            _read_in_words(call, facts, update, producer.block.split("/")[0]),
        ),
        chain=tuple("%s -> %s" % (each.step.op, facts_of(each.bad).value) for each in run.calls if each.place >= call.place),
    )


def _rule(record: Record) -> str:
    return str(record.optimizer_settings.get("class") or "")


def _rate(record: Record) -> str:
    rate = record.optimizer_settings.get("learning_rate")
    return " (learning rate %s)" % rate if rate is not None else ""


def _read_in_words(call: Call, facts: TensorFacts, update: Update, parameter: str) -> str:
    """What the operator read at the bad element, and its attributes that are out of the ordinary."""
    read = list(zip(call.step.inputs, call.inputs))
    own = [pair for pair in read if parameter in update.names.get(pair[0], "").split("/")]
    parts = []
    for cell, array in own if len(own) < len(read) and len(own) > 1 else read:
        name = _short(update.names.get(cell, "")) or _maker(update, call.place, cell)
        at = _at(array, facts)
        if at is not None:
            parts.append("%s %.6g" % (name, at) if name else "%.6g" % at)
        else:
            inside = facts_of(array)
            limits = (list(array.shape), inside.minimum or 0.0, inside.maximum or 0.0)
            parts.append("%s%s in [%.4g, %.4g]" % ((name or "an array", *limits)))
    said = "it read %s there" % " and ".join(parts[:6]) if parts else "it reads nothing"
    shown = ["%s=%s" % (k, v) for k, v in sorted(call.step.attributes.items()) if not k.startswith("__") and _telling(k, v)]
    return said + (", with %s" % ", ".join(shown[:8]) if shown else "")


def _maker(update: Update, place: int, cell: int) -> str:
    """The operator before that one which gave the array."""
    return next((each.op for each in reversed(update.steps[:place]) if cell in each.outputs and each.op != VIEW), "")


def _at(array: np.ndarray, facts: TensorFacts) -> Optional[float]:
    """The value that belongs to the bad element, repeated along the axes in which the array has length 1."""
    if array.size == 1:
        return float(array.ravel()[0])
    if array.ndim != len(facts.shape) or any(a not in (1, b) for a, b in zip(array.shape, facts.shape)):
        return None
    return float(array[tuple(min(place, length - 1) for place, length in zip(facts.first_bad, array.shape))])


_TOLD = ("lr", "lrs", "learning_rates", "rescale_grad", "epsilon", "eps", "beta", "wd", "scalar", "momentum", "scale")


def _telling(key: str, value: str) -> bool:
    return key in _TOLD or value in ("inf", "nan", "-inf")


def _short(name: str) -> str:
    """`weight`, `gradient`, `state 0`; nothing for arrays that have no name."""
    role, _, rest = name.partition("/")
    if role == STATE:
        return "state %s" % rest.rpartition("/")[2].split("@")[0]
    return role if role in (WEIGHT, GRADIENT) else ""


def _inferred(finding: Finding, producer: Producer, record: Record) -> Finding:
    line = (record.optimizer_settings.get("written_by_program") or {}).get(producer.block)
    if line:
        return replace(
            finding,
            proof="likely",
            cause="bad-parameter",
            why="parameter %s was finite in step %d, and has %d non-finite values (%s) now; beside the update, %s wrote into it"
            % (producer.block, finding.iteration.step - 1, producer.count, producer.value, line),
        )
    if producer.block in (record.optimizer_settings.get("not_updated") or {}):
        return replace(
            finding,
            proof="likely",
            cause="bad-parameter",
            why="%s, an array that the program marked for gradients, has %d non-finite values (%s), and no update was seen to "
            "write into it" % (producer.block, producer.count, producer.value),
        )
    rule = _rule(record) or "the optimizer"
    written = record.optimizer_settings.get("updated_by") or {}
    return replace(
        finding,
        producer=replace(producer, phase="optimizer", op=str(written.get(producer.block.split("/")[0], ""))),
        proof="likely",
        cause="optimizer-step",
        why="%s %s and its gradient were finite in step %d; %s's update with lr %s left %d of its values non-finite (%s)"
        % (
            "parameter" if producer.phase == "parameter" else "optimizer state",
            producer.block,
            finding.iteration.step - 1,
            rule,
            record.optimizer_settings.get("learning_rate"),
            producer.count,
            producer.value,
        ),
    )


def norm_of_gradients(record: Record, update: Update) -> float:
    """2-norm over the gradients that the update read."""
    found = {update.kept[cell] for cell in update.cells(GRADIENT)}
    return math.sqrt(sum(float(np.square(record.history[each].astype(np.float64)).sum()) for each in found))


def scaled_gradients(record: Record, update: Update, factor: float) -> Dict[str, np.ndarray]:
    """The gradients that the update read, times the factor."""
    found = {update.kept[cell] for cell in update.cells(GRADIENT)}
    arrays = {name: record.history[name] for name in found}
    return {name: (array.astype(np.float64) * factor).astype(array.dtype) for name, array in arrays.items()}


def _finite(array: np.ndarray) -> bool:
    return array.dtype.kind != "f" or bool(np.isfinite(array).all())
