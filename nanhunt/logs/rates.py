"""The learning rate at a place of the run: as printed, or as the options in the log give it."""

from typing import Optional, Tuple

from nanhunt.logs.log import Log, Run
from nanhunt.logs.series import Value

POWER = 0.9
"""Of GluonCV's polynomial schedule in its segmentation script."""


def rate_at(point: Value, run: Run, log: Log) -> Tuple[Optional[float], str]:
    """The rate, and where it is from: "printed", "computed" (from options), "option" (the base rate), or empty."""
    if point.rate is not None:
        return point.rate, "printed"
    options = log.context.options
    base = _number(options.get("lr"))
    if base is None:
        return None, ""
    epochs, place = log.context.epochs, point.place
    warmup = _number(options.get("warmup_epochs"))
    if run.format.name == "GluonCV segmentation" and epochs and run.iterations and place.epoch is not None and warmup == 0:
        done = place.epoch + (place.iteration or 0) / run.iterations
        if done < epochs:
            return base * (1 - done / epochs) ** POWER, "computed"
    return base, "option"


def _number(text: Optional[str]) -> Optional[float]:
    try:
        return float(text) if text is not None else None
    except ValueError:
        return None
