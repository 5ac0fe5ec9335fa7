"""Small results kept between runs, below `$XDG_CACHE_HOME/nanhunt` or `~/.cache/nanhunt`; none where that cannot be."""

import contextlib
import os
from pathlib import Path
from typing import Optional

from nanhunt.replacing import replacing


def cache_folder() -> Path:
    """Where nanhunt keeps what it can make again."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return Path(base) / "nanhunt"


def read_cache(room: str, key: str) -> Optional[bytes]:
    """What was kept under a key, or None."""
    try:
        return (cache_folder() / room / key).read_bytes()
    except OSError:
        return None


def write_cache(room: str, key: str, content: bytes) -> None:
    """Keep it, whole or not at all."""
    path = cache_folder() / room / key
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as temporary:
            temporary.write_bytes(content)
