"""Numbers as training programs print them, non-finite ones included."""

import math
from typing import Optional

NUMBER = r"[-+]?(?:\d\.\#(?:QNAN|IND|INF)\d*|(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|(?i:nan|inf(?:inity)?))(?![\w\#])"
"""A number, `nan`, `-inf`, `Infinity`, or what C's library on Windows prints for them (`-1.#IND`)."""


def number(text: str) -> Optional[float]:
    """The number, or None where the text is none."""
    text = text.strip()
    if "#" in text:
        return math.inf if "INF" in text and text[0] != "-" else -math.inf if "INF" in text else math.nan
    try:
        return float(text)
    except ValueError:
        return None


def kind_of(value: float) -> str:
    """`nan`, `+inf`, `-inf`, or `finite`."""
    if math.isnan(value):
        return "nan"
    return "finite" if math.isfinite(value) else "+inf" if value > 0 else "-inf"
