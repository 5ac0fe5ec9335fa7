"""One JSON object a line."""

import json
from typing import Any, Iterator, Mapping, Optional, Tuple

from nanhunt.logs.formats.base import Format
from nanhunt.logs.formats.fields import reading_of
from nanhunt.logs.reading import Reading


class JSONLines(Format):
    """NaN may stand as `NaN`, as the word "nan" "Infinity"; `null` is no value."""

    name = "JSON lines"
    looks_like = '{"epoch": 0, "step": 10, "loss": 0.31}'

    def read(self, line: str) -> Optional[Reading]:
        at = line.find("{")
        if at < 0 or not line.rstrip().endswith("}"):
            return None
        try:
            body = json.loads(line[at:])
        except (ValueError, RecursionError):
            return None
        return reading_of(_flat(body)) if isinstance(body, dict) else None


def _flat(body: Mapping[str, Any], before: str = "", depth: int = 0) -> Iterator[Tuple[str, str]]:
    for name, value in body.items():
        if isinstance(value, dict) and depth < 2:
            yield from _flat(value, "%s%s/" % (before, name), depth + 1)
        elif isinstance(value, (int, float, str)) and not isinstance(value, bool):
            yield before + str(name), str(value)
