"""Names in folders and in list files. The names of large folders are kept between runs: a network file system lists slowly."""

import contextlib
import hashlib
import json
import os
import re
import time
from pathlib import Path
from typing import Callable, List, Optional

from nanhunt.data.cache import read_cache, write_cache

Say = Callable[[str], None]

LARGE = 1000
"""Names from which on a listing is kept; smaller folders are listed faster than that is read."""

SETTLED = 3.0
"""Seconds for which a folder must have been left alone to be kept: within the grain of its time a change would go unseen."""


def list_folder(folder: Path, say: Optional[Say] = None) -> List[str]:
    """All names in a folder, in no order. What was kept holds as long as the folder's inode and times are the same.

    Args:
        say: told in one line when a kept listing no longer holds.
    """
    where = os.path.abspath(str(folder))
    key = hashlib.sha256(os.fsencode(where)).hexdigest()
    status = os.stat(where)
    mark = json.dumps([where, status.st_dev, status.st_ino, status.st_mtime_ns, status.st_ctime_ns])
    kept = read_cache("listings", key)
    if kept is not None:
        head, _, names = kept.partition(b"\n")
        if head.decode("utf-8", "replace") == mark:
            return os.fsdecode(names).split("\0")
    now = time.time()
    found = os.listdir(where)
    if kept is not None and say is not None:
        say(f"{folder} has changed since it was last listed ({kept.count(bytes(1)) + 1} names then, {len(found)} now)")
    if len(found) >= LARGE and now - max(status.st_mtime, status.st_ctime) > SETTLED:
        write_cache("listings", key, mark.encode() + b"\n" + os.fsencode("\0".join(found)))
    return found


def read_list(path: Path) -> List[str]:
    """Names in a list file; blank lines, spaces around a name, CRLF and a byte order mark are nobody's fault."""
    with open(str(path), encoding="utf-8-sig", errors="surrogateescape") as lines:
        return [line.strip() for line in lines if line.strip()]


def read_skip(path: Path) -> List[str]:
    """Entries named in a file, one a line; what follows a `#` at a line's beginning or after a blank is a comment.

    A name in double quotes is read as JSON has it: so `skip_line` writes one that a line cannot hold as it is.
    """
    with open(str(path), encoding="utf-8-sig", errors="surrogateescape") as lines:
        names = [_entry(line) for line in lines]
    return [name for name in names if name]


def skip_line(entry: str) -> str:
    """An entry as `read_skip` reads it back."""
    plain = entry.isprintable() and _entry(entry) == entry
    return entry if plain else json.dumps(entry)


def _entry(line: str) -> str:
    if line.startswith('"'):
        with contextlib.suppress(ValueError):
            name, end = json.JSONDecoder().raw_decode(line)
            if not _without_comment(line[end:]):
                return str(name)
    return _without_comment(line)


def _without_comment(line: str) -> str:
    return re.sub(r"(^|\s)#.*", "", line).strip()
