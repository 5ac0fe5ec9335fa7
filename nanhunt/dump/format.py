"""The layout of a dump: every group, dataset and attribute name, once, and how array names become HDF5 link names.

A dump is an HDF5 file of plain, contiguous datasets: no compression, no chunks, no references, no links but hard ones.

    /                       attrs: format, version, created (ISO 8601, UTC), reason,
                            finding (JSON, padded with blanks to a fixed length)
    /environment            attrs: one per entry
    /iteration              attrs: epoch, iteration, step, lr, seed, warnings (where there were any), data (of `nanhunt train`)
        sample_index        int64, one per sample of the whole batch (-1: not known)
        sample_path         text, one per sample
        draws               JSON: a list with each sample's augmentation as drawn
        samples             JSON: the samples in full; what a reader uses
    /batch/<device>/<array>
    /state/parameters/<name>    /state/aux/<name>    /state/optimizer/<name> (attr: settings, JSON)
    /state/devices/<device>/<parameters or aux>/<name>
    /state/gradients/<device>/<name>        where gradients are added up over several calls of backward
    /graph                  JSON
    /observed/tensors       JSON: a list in execution order
    /history/<name>
    /runup                  JSON: what belongs to the arrays of the run-up; only where there are any

An attribute that is text is a variable-length string; one that is JSON is a fixed-length string, so that the two cannot be
mistaken for each other. JSON in a dataset is one fixed-length string. JSON is ASCII with Python's NaN, Infinity and -Infinity
allowed. Every array has an attribute `crc32`, the CRC-32 of its bytes as stored.
"""

import re
from typing import Dict, Mapping, Tuple

FORMAT = "nanhunt-dump"
VERSION = 1
READABLE_VERSIONS = (1,)

ATTR_FORMAT = "format"
ATTR_VERSION = "version"
ATTR_CREATED = "created"
ATTR_REASON = "reason"
HANG = "hang"
"""The reason of a dump whose iteration came to no end."""
ATTR_FINDING = "finding"
ATTR_SETTINGS = "settings"
ATTR_CRC32 = "crc32"

ENVIRONMENT = "environment"
ITERATION = "iteration"
SAMPLES_KEY = "samples"
SAMPLES = "iteration/samples"
SAMPLE_INDEX = "iteration/sample_index"
SAMPLE_PATH = "iteration/sample_path"
DRAWS = "iteration/draws"
STATE = "state"
OPTIMIZER = "state/optimizer"
GRAPH = "graph"
OBSERVED = "observed"
OBSERVED_TENSORS = "observed/tensors"
RUNUP = "runup"

ARRAY_GROUPS: Mapping[str, Tuple[str, int]] = {
    "batch": ("batch", 2),
    "parameters": ("state/parameters", 1),
    "aux": ("state/aux", 1),
    "optimizer": (OPTIMIZER, 1),
    "devices": ("state/devices", 3),
    "gradients": ("state/gradients", 2),
    "history": ("history", 1),
}
"""Field of a Record to the group that holds its arrays, and how many levels of links an array's name takes there."""

GROUPS = (ENVIRONMENT, ITERATION, STATE, OBSERVED) + tuple(group for group, _ in ARRAY_GROUPS.values())
"""Every group that a dump has, even if empty."""

POSITION = ("epoch", "iteration", "step")
"""The attributes of /iteration that every dump has: integers, zero-based."""

FINDING_BYTES = 64 * 1024
"""Room for the finding, so that the explanation can replace it later without moving anything in the file. An attribute too long
for an object header (64 KB) is kept by itself, outside all checksummed metadata: a torn overwrite costs the finding, never the
arrays."""

JSON_LIMIT = 64 * 1024 * 1024
"""Most bytes of JSON in one dump, all texts together: a reader parses them, which takes up to 30 times as much memory."""

_EMPTY = "%"
_UNSAFE = re.compile("[%/\x00\ud800-\udfff]")
_ESCAPE = re.compile("%(?:u([0-9A-F]{4})|([0-9A-F]{2}))|%")


def link_name(name: str) -> str:
    """`name` as one HDF5 link name.

    `%`, `/`, NUL and lone surrogates become `%25`, `%2F`, `%00` and such as `%uD800`; `.` alone is `%2E`; the empty name `%`.
    """
    if name == "":
        return _EMPTY
    if name == ".":
        return "%2E"
    return _UNSAFE.sub(_escaped, name)


def array_name(link: str) -> str:
    """The reverse of `link_name`.

    Raises:
        ValueError: no name is written as this link name.
    """
    name = "" if link == _EMPTY else _ESCAPE.sub(_unescaped, link)
    if link_name(name) != link:
        raise ValueError(f"{link!r} is not an escaped name")
    return name


def array_path(group: str, levels: int, name: str) -> str:
    """Path of the array `name` in a group whose names take up to `levels` links: `cpu(0)/data` takes two in `batch`."""
    return "/".join([group] + [link_name(part) for part in name.split("/", levels - 1)])


def name_in_group(group: str, levels: int, path: str) -> str:
    """The reverse of `array_path`.

    Raises:
        ValueError: the path is not that of an array in this group.
    """
    links = path[len(group) + 1 :].split("/")
    name = "/".join(array_name(link) for link in links)
    if array_path(group, levels, name) != path:
        raise ValueError(f"{path!r} is not an array's place in /{group}")
    return name


def paths_of(field: str, names: Tuple[str, ...]) -> Dict[str, str]:
    """Name to path of all arrays of one field of a Record.

    Raises:
        ValueError: one name is needed both for an array and for the group of another (`a` and `a/b` in a batch).
    """
    group, levels = ARRAY_GROUPS[field]
    paths = {name: array_path(group, levels, name) for name in names}
    taken = set(paths.values())
    for name, path in paths.items():
        parent = path.rpartition("/")[0]
        while parent != group:
            if parent in taken:
                raise ValueError(f"{name!r} needs a group where another array of the same name stands")
            parent = parent.rpartition("/")[0]
    return paths


def _escaped(match: "re.Match[str]") -> str:
    code = ord(match.group())
    return f"%u{code:04X}" if code > 0xFF else f"%{code:02X}"


def _unescaped(match: "re.Match[str]") -> str:
    digits = match.group(1) or match.group(2)
    return chr(int(digits, 16)) if digits else match.group()
