"""Write a text to where the user wants it, whole or not at all."""

from pathlib import Path

from nanhunt.replacing import replacing


def replace_text(path: Path, text: str) -> None:
    """A file is replaced whole, behind a symbolic link too; what is no file (`/dev/stdout`, a pipe) is written into.

    Raises:
        OSError: it cannot be written.
    """
    if path.exists() and not path.is_file() and not path.is_dir():
        with open(str(path), "w", encoding="utf-8") as opened:
            opened.write(text)
        return
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
