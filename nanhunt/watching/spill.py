"""Arrays on disk instead of in memory, for as long as somebody needs them."""

import os
import tempfile
from pathlib import Path
from typing import Any, List

import numpy as np

from nanhunt.errors import NanhuntError


class Spill:
    """A folder of its own inside the one given, removed when it is closed.

    Args:
        folder: made where it is missing.

    Raises:
        NanhuntError: it cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._folder = tempfile.TemporaryDirectory(prefix="nanhunt-history-", dir=str(folder))
        except OSError as error:
            raise NanhuntError(
                "Expected a folder that can be written for --history-spill, found %s (%s); choose another."
                % (folder, (error.strerror or str(error)).lower())
            ) from error
        self._free: List[Any] = []

    def write(self, array: np.ndarray) -> np.ndarray:
        """The same values, read from disk when they are used. The file is gone when nobody holds them any more."""
        handle, name = tempfile.mkstemp(dir=self._folder.name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(np.ascontiguousarray(array).tobytes())
            if not array.size:
                return array
            return np.memmap(name, dtype=array.dtype, mode="r", shape=array.shape or (1,)).reshape(array.shape)
        finally:
            os.unlink(name)

    def close(self) -> None:
        """Remove the folder."""
        self._folder.cleanup()
