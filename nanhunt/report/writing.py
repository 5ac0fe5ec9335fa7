"""Write a text to where the user wants it, whole or not at all."""

import os
from pathlib import Path


def replace_text(path: Path, text: str) -> None:
    """A file is replaced whole, behind a symbolic link too; what is no file (`/dev/stdout`, a pipe) is written into.

    Raises:
        OSError: it cannot be written.
    """
    if path.exists() and not path.is_file() and not path.is_dir():
        with open(str(path), "w", encoding="utf-8") as opened:
            opened.write(text)
        return
    target = Path(os.path.realpath(str(path)))
    temporary = target.with_name(".%s.%d.part" % (target.name, os.getpid()))
    try:
        temporary.write_text(text, encoding="utf-8")
        os.replace(str(temporary), str(target))
    except BaseException:
        if temporary.exists():
            temporary.unlink()
        raise
