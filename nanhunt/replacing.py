"""Write a file whole or not at all."""

import contextlib
import os
from pathlib import Path
from typing import Iterator


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A file beside `path` to write into, which takes its place at the end of the block and is gone after an error.

    What a symbolic link points to is replaced, not the link.

    Raises:
        OSError: it cannot take its place.
    """
    target = Path(os.path.realpath(str(path)))
    temporary = target.with_name(".%s.%d.part" % (target.name, os.getpid()))
    try:
        yield temporary
        os.replace(str(temporary), str(target))
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()
