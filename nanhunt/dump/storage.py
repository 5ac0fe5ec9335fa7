"""The bytes under HDF5, and their way to the disk: a full disk or Ctrl-C must not reach the HDF5 library in mid-operation."""

import io
import os
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Optional

import h5py

# Superblock 2 and version 2 object headers: metadata carries checksums, attributes may pass 64 KB, and a process killed while
# it rewrites the finding leaves no "open for writing" mark behind (superblock 3 has one). The upper bound keeps HDF5 1.10 able
# to read the file.
LIBVER = ("v108", "v110")

_SYNCED_AT_ONCE = 8 << 20
"""Bytes after which the disk is given something to do."""


class RawFile:
    """The file driver that h5py calls, over an unbuffered binary file.

    HDF5 1.12 ends in a segmentation fault when it closes a file after a failed write (measured: h5py 3.8, RLIMIT_FSIZE). So the
    first failure is kept in `failure` and all later writes are dropped as if they had succeeded; HDF5 closes in peace and the
    caller looks at `failure`. Nothing takes a lock, so network folders without lock support work.
    """

    def __init__(self, raw: io.FileIO) -> None:
        self.raw = raw
        self.failure: Optional[BaseException] = None
        self._position = 0

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move to an offset in bytes; the new position."""
        if whence == os.SEEK_CUR:
            offset += self._position
        elif whence == os.SEEK_END:
            offset += os.fstat(self.raw.fileno()).st_size
        self._position = offset
        return offset

    def tell(self) -> int:
        """The position in bytes."""
        return self._position

    def read(self, size: int = -1) -> bytes:
        """Bytes at the position. h5py asks for this method by name and then uses `readinto`."""
        self.raw.seek(self._position)
        found = self.raw.read(size) or b""
        self._position += len(found)
        return found

    def readinto(self, buffer: Any) -> int:
        """Fill `buffer` from the position on; zeros beyond the end, as HDF5's own driver has it."""
        view = memoryview(buffer).cast("B")
        self.raw.seek(self._position)
        done = 0
        while done < len(view):
            count = self.raw.readinto(view[done:])  # the system gives at most 2 GB at a time
            if not count:
                view[done:] = bytes(len(view) - done)
                break
            done += count
        self._position += done
        return done

    def write(self, buffer: Any) -> int:
        """Write all of `buffer` at the position, or keep the failure."""
        view = memoryview(buffer).cast("B")
        if self.failure is None:
            try:
                self.raw.seek(self._position)
                done = 0
                while done < len(view):
                    done += self.raw.write(view[done:]) or 0
            except BaseException as error:  # KeyboardInterrupt too: raised by the owner once HDF5 is out of the way
                self.failure = error
        self._position += len(view)
        return len(view)

    def truncate(self, size: int) -> int:
        """Set the file's length, or keep the failure."""
        if self.failure is None:
            try:
                self.raw.truncate(size)
            except BaseException as error:
                self.failure = error
        return size

    def flush(self) -> None:
        """Nothing is buffered here."""


class Syncing:
    """Brings what is written to the disk while more is written, so that little is left for the last sync."""

    def __init__(self, raw: io.FileIO, driver: RawFile) -> None:
        self._raw = raw
        self._driver = driver
        self._thread = ThreadPoolExecutor(max_workers=1)
        self._under_way: Optional[Future[None]] = None
        self._begun = 0

    def wrote(self) -> None:
        """Something more was written."""
        if self._under_way is not None and not self._under_way.done():
            return
        self._take()
        if self._driver.tell() - self._begun >= _SYNCED_AT_ONCE:
            self._begun = self._driver.tell()
            self._under_way = self._thread.submit(os.fsync, self._raw.fileno())

    def _take(self) -> None:
        """The system tells of a failed write to the disk once, so that it is kept."""
        error = self._under_way.exception() if self._under_way is not None else None
        self._under_way = None
        self._driver.failure = self._driver.failure or error

    def __enter__(self) -> "Syncing":
        return self

    def __exit__(self, *_: Any) -> None:
        self._thread.shutdown()
        self._take()


def open_hdf5(raw: RawFile, mode: str) -> Any:
    """The h5py.File over `raw`; `mode` as in h5py: `r`, `r+`, `w`.

    Raises:
        whatever h5py raises for a file that is not HDF5 or is damaged.
    """
    if mode == "w":
        return h5py.File(raw, mode, libver=LIBVER)
    return h5py.File(raw, mode)
