"""Whether a value that went non-finite became finite again, and what that says of the weights."""

from dataclasses import dataclass
from typing import Any, Dict, List, Sequence, Tuple

from nanhunt.logs.formats.base import EPOCH_MEAN
from nanhunt.logs.log import Run
from nanhunt.logs.names import NORM
from nanhunt.logs.numbers import kind_of
from nanhunt.logs.series import BadEpoch, Series

AT_EPOCH, BY_ITSELF, MIXED, NEVER, OPEN = "at-next-epoch", "within-epoch", "mixed", "never", "unknown"
"""Finite again when an epoch began; while it went on; both; not although epochs began; the log ends before one could."""

OTHER_LEVEL = 0.5
"""A loss that comes back higher by more than this share has not just gone on."""


@dataclass(frozen=True)
class Healing:
    """What was seen, and what follows.

    Attributes:
        kind: AT_EPOCH, BY_ITSELF, MIXED, NEVER or OPEN.
        bad_epochs: epochs with a non-finite value; `healed`: those with a finite value later.
        mean: whether what is printed is a running mean: "known" of the format, "inferred", or "".
        observed: sentences that the log says itself.
        inferred: sentences that follow, with their reason.
    """

    kind: str
    bad_epochs: int
    healed: int
    mean: str
    observed: Tuple[str, ...]
    inferred: Tuple[str, ...]

    def to_json(self) -> Dict[str, Any]:
        """As `--json` has it."""
        return {
            "kind": self.kind,
            "bad_epochs": self.bad_epochs,
            "healed_epochs": self.healed,
            "running_mean": self.mean or None,
            "observed": list(self.observed),
            "inferred": list(self.inferred),
        }


def healing(series: Series, run: Run) -> Healing:
    """Judge a series that went non-finite."""
    epochs = series.epochs
    within = [each for each in epochs if each.recovered is not None]
    later = [each for each in epochs if each.recovered is None and each.healed is not None]
    if within:
        kind = MIXED if any(each.bad > 1 for each in later) else BY_ITSELF
    elif later:
        kind = AT_EPOCH
    else:
        kind = NEVER if len(epochs) > 1 else OPEN
    healed = len(within) + len(later)
    known = run.format.averages == EPOCH_MEAN and series.phase == "training"
    mean = "known" if known else "inferred" if kind == AT_EPOCH and series.phase == "training" and _stuck(later) else ""
    observed, inferred = _words(series, run, kind, within, later, mean)
    return Healing(kind, len(epochs), healed, mean, tuple(observed + _validations(run)), tuple(inferred))


def _stuck(epochs: List[BadEpoch]) -> bool:
    """Whether non-finite values followed one another to the end of an epoch: single ones at its end say nothing."""
    return any(each.bad > 1 for each in epochs)


def _words(
    series: Series, run: Run, kind: str, within: List[BadEpoch], later: List[BadEpoch], mean: str
) -> Tuple[List[str], List[str]]:
    name, format = series.name, run.format.name
    value = kind_of(series.first.value) if series.first else "nan"
    bad = len(series.epochs)
    total = "%d of %d epochs" % (bad, series.epochs_seen)
    if kind == AT_EPOCH:
        begun = sum(each.before is not None for each in series.epochs)
        healed = (
            "a later epoch printed it finite again" if len(later) == bad else "%d of them healed in a later epoch" % len(later)
        )
        observed = [f"{name} is non-finite in {total}, each time until the epoch ends; {healed}"]
        if bad > 1:
            observed += [f"{begun} of the {bad} began finite and went bad later"]
        return observed, _mean(name, format, mean) + [_weights(series, later)] + _known(format)
    if kind in (BY_ITSELF, MIXED):
        observed = [f"{name} is non-finite in {series.bad} of {series.count} lines, in {total}"]
        observed += [f"it is finite again within the same epoch in {len(within)} of them"]
        inferred = ["single iterations are bad and recover by themselves", _weights(series, within + later)] + _known(format)
        if mean == "known":
            inferred.append(f"{format} prints a mean since the epoch's start, which cannot recover: this program prints none")
        if series.kind == NORM:
            inferred.append("a loss scaler tries such steps on purpose and drops them: with half precision this is expected")
        return observed, inferred
    if kind == NEVER:
        observed = [f"{name} is {value} in {total}, and in every line from the first on: {bad - 1} later epochs began with it"]
        if run.validated_after is None:
            return observed, ["weights that are lost look like this; so does a mean that is never reset"]
        return observed, ["weights that are lost look like this, if validation went bad with it"]
    observed = [f"{name} is {value} from there to the end of the log, in the same epoch ({series.bad} of its values)"]
    unknown = "whether the weights are lost cannot be told"
    if mean:
        return observed, [f"{unknown}: {format} prints a mean since the epoch's start, and no later epoch is in the log"]
    return observed, [unknown + " from so few lines"]


def _mean(name: str, format: str, mean: str) -> List[str]:
    if not mean:
        return []
    known = f"{format} prints the mean since the epoch's start"
    seen = "it stays until the epoch ends and is gone in the next, as a mean since the epoch's start does"
    source = known if mean == "known" else seen
    return [f"the printed {name} is a running mean ({source}): one bad iteration spoils it until the epoch ends"]


def _known(format: str) -> List[str]:
    if format != "GluonCV segmentation":
        return []
    return [
        "GluonCV's cross-entropy is log(softmax(x)), which makes such a loss of finite weights by itself (softmax-underflow); "
        "likely here, and replaying a dump proves it or not"
    ]


def _weights(series: Series, healed: Sequence[BadEpoch]) -> str:
    before = next((each.before for each in healed if each.before is not None), None)
    after = next((each.recovered or each.healed for each in healed), None)
    back = ""
    if before is not None and after is not None:
        back = f"; the first one came back at {after.value:.4g} after {before.value:.4g}"
        if abs(after.value - before.value) > OTHER_LEVEL * max(abs(before.value), 1e-12) and after.value > before.value:
            return (
                f"weights with a NaN mostly stay so, and with them every later loss{back}, another level: some may be lost "
                "behind an activation that hides NaN, as relu and max pooling do in MXNet; look at the checkpoint"
            )
    return f"a NaN in the weights would stay in them and in the later losses{back}, so the weights were fine"


def _validations(run: Run) -> List[str]:
    before, after, last = run.validated_before, run.validated_after, run.validated_last
    if before is None or after is None:
        return []
    names = [name for name in after.values if name in before.values][:2]
    words = []
    for name in names:
        text = f"validation {name} {before.values[name]:g} before, {after.values[name]:g} after the first non-finite value"
        if last is not None and last is not after and name in last.values:
            text += f", {last.values[name]:g} at the end"
        words.append(text)
    return words
