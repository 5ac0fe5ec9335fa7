"""What a value is, by the name that a log gives it."""

import re
from functools import lru_cache

LOSS, NORM, RATE, METRIC, ASIDE, OTHER = "loss", "norm", "rate", "metric", "aside", "other"
"""Loss; norm of gradients or weights; learning rate; a score, which is nan where nothing was counted; speed, time and counters;
the rest."""

_ORDERED = (
    (RATE, r"^(lr|learning[ _-]?rate)|[_/-]lr$"),
    (ASIDE, r"time|speed|samples|sec\b|\beta\b|mem|throughput|^rank$|v_num|^mfu|it/s|^cost$|^seed$|^size$|elapsed"),
    (ASIDE, r"^(global_?)?(step|epoch|iter|iteration|batch|update|num_update)s?$"),
    (ASIDE, r"loss[ _]scale|^scale$|patience|best|min_|weight$"),
    (NORM, r"norm"),
    (LOSS, r"loss|entropy|nll|perplexity|\bppl\b|\br?mse\b|\bmae\b|l1$|l2$|\bkld?\b|elbo|objective|\bbce\b|\bce\b"),
    (METRIC, r"acc|\bm?ap\b|m?iou|\bf1|precision|recall|top[-_ ]?\d|\bauc|\berr|bleu|rouge|kappa|\bmcc\b|corr"),
    (METRIC, r"dice|score|\br2\b"),
)
_KINDS = tuple((kind, re.compile(pattern, re.IGNORECASE)) for kind, pattern in _ORDERED)
_VALIDATION = re.compile(r"^(?:val|valid|validation|test|eval|dev)(?:[ _\-/.]|$)", re.IGNORECASE)


@lru_cache(maxsize=4096)
def kind_of_name(name: str) -> str:
    """One of LOSS, NORM, RATE, METRIC, ASIDE, OTHER."""
    return next((kind for kind, pattern in _KINDS if pattern.search(name)), OTHER)


@lru_cache(maxsize=4096)
def of_validation(name: str) -> bool:
    """Whether the value is of a validation: `val_loss`, `test/acc`."""
    return bool(_VALIDATION.match(name))
