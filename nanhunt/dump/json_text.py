"""JSON as a dump stores it: ASCII bytes, read back with bounds, and a finding cut to the room there is for it."""

import json
from pathlib import PurePath
from typing import Any, Dict, List, Mapping

import numpy as np

Json = Any

_LISTS = ("chain", "fixes")
_ESSENTIAL = ("schema", "iteration", "proof", "cause", "why", "spread")
_INT_DIGITS = 4300  # what Python 3.11 takes; reading more digits takes time by their square


def encode_json(value: Json) -> bytes:
    """`value` as ASCII JSON. numpy scalars and arrays, paths and any Mapping are written as their plain counterparts.

    Raises:
        TypeError, ValueError: the value has no JSON form.
    """
    try:
        return json.dumps(value, default=_plain, separators=(",", ":")).encode("ascii")
    except RecursionError:
        raise ValueError("nested too deeply") from None


def decode_json(text: bytes) -> Json:
    """The value of a JSON text that may come from anyone.

    Raises:
        ValueError: it is not JSON, or nested or numbered beyond all reason.
    """
    try:
        return json.loads(text.decode("utf-8"), parse_int=_bounded_int)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def encode_finding(finding: Mapping[str, Json], room: int) -> bytes:
    """A finding as JSON, padded with blanks to exactly `room` bytes.

    Where it is longer than that, `chain` and `fixes` are shortened first, then long sentences, and each says so in its place.

    Raises:
        TypeError, ValueError: the finding has no JSON form, or the room is too small for any finding.
    """
    text = encode_json(finding)
    if len(text) > room:
        text = _shortened(decode_json(text), room)
    return text.ljust(room)


def _shortened(finding: Dict[str, Json], room: int) -> bytes:
    entries = 1024
    while entries >= 2:
        text = encode_json({key: _fewer(key, value, entries) for key, value in finding.items()})
        if len(text) <= room:
            return text
        entries //= 2
    for characters in (2000, 500, 120):
        text = encode_json({key: _cut(_fewer(key, value, 2), characters) for key, value in finding.items()})
        if len(text) <= room:
            return text
    text = encode_json({key: _cut(finding[key], 120) for key in _ESSENTIAL if key in finding})
    if len(text) <= room:
        return text
    raise ValueError(f"the finding takes {len(text):,} bytes and does not shorten to {room:,}")


def _fewer(key: str, value: Json, entries: int) -> Json:
    if key not in _LISTS or not isinstance(value, list) or len(value) <= entries:
        return value
    marker = f"... {len(value) - entries:,} more left out ..."
    if key == "fixes":
        return value[:entries] + [{"do": marker, "tried": False, "result": None}]
    head = entries // 2  # the end of a chain is the NaN itself: keep both ends
    return value[:head] + [marker] + value[len(value) - (entries - head) :]


def _cut(value: Json, characters: int) -> Json:
    if isinstance(value, str) and len(value) > characters:
        return value[:characters] + " ..."
    if isinstance(value, list):
        return [_cut(each, characters) for each in value]
    if isinstance(value, dict):
        return {key: _cut(each, characters) for key, each in value.items()}
    return value


def _plain(value: object) -> Json:
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        listed: List[Json] = value.tolist()
        return listed
    if isinstance(value, PurePath):
        return str(value)
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"a {type(value).__name__} has no JSON form")


def _bounded_int(digits: str) -> int:
    if len(digits) > _INT_DIGITS:
        raise ValueError(f"a number of {len(digits):,} digits")
    return int(digits)
