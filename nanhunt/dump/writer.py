"""Write a Record as a dump: all of it under its final name, or nothing."""

import errno
import io
import os
import socket
import uuid
import zlib
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Dict, Iterable, Mapping, Optional

import h5py
import numpy as np

from nanhunt.dump import format as layout
from nanhunt.dump.json_text import encode_finding, encode_json
from nanhunt.dump.reader import DumpReader
from nanhunt.dump.record import Arrays, Record
from nanhunt.dump.storage import RawFile, Syncing, open_hdf5
from nanhunt.errors import DumpDamagedError, DumpError, DumpSpaceError

Json = Any

_NO_ROOM = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EFBIG: "the file would pass the largest size allowed (see `ulimit -f`)",
}
_ADVICE = {
    errno.ENOENT: "make the folder first",
    errno.ENOTDIR: "choose a path whose parents are folders",
    errno.EACCES: "choose a folder that this user can write",
    errno.EPERM: "choose a folder that this user can write",
    errno.EROFS: "choose a folder on a disk that is not mounted read-only",
}
_THREAD_PAYS = 1 << 18
"""Bytes from which a checksum is worth handing to another thread: zlib takes 0.1 ms for these, the handing over about half."""


def write(record: Record, path: Path) -> Path:
    """Write `record` to the new file `path`, synced to the disk before it has that name.

    One array at a time is asked of the record's mappings and let go again. Arrays may be bool, integers and floats of 1 to 8
    bytes, of any shape and byte order; every bit is kept.

    Returns:
        path.

    Raises:
        DumpSpaceError: no room on the disk.
        DumpError: the folder cannot be written, `path` exists already, or the record holds what a dump cannot.
        KeyboardInterrupt: as it came. In every case nothing is left behind.
    """
    return write_first_free(record, [path])


def write_first_free(record: Record, paths: Iterable[Path]) -> Path:
    """As `write`, under the first of `paths`, all in one folder, that no file has when the dump is complete."""
    texts = _Texts(record)
    candidates = iter(paths)
    first = Path(next(candidates))
    temporary = first.parent / temporary_name(os.getpid())
    try:
        with open(str(temporary), "x+b", buffering=0) as raw:
            _fill(raw, record, texts, first)
        path: Optional[Path] = first
        while path is not None:
            if _publish(temporary, Path(path)):
                return Path(path)
            path = next(candidates, None)
        raise DumpError(f"{first}: there is a file of this name already; give another name, dumps are never overwritten")
    except OSError as error:
        raise cannot_write(first, error) from error
    finally:
        if temporary.exists():
            temporary.unlink()
        _sync_folder(first.parent)


def update_finding(path: Path, finding_json: Mapping[str, Json]) -> None:
    """Replace the finding of a dump in place; nothing else in the file moves.

    A finding longer than the room that the dump keeps for it is shortened: `chain` and `fixes` first, each saying so in place.

    Raises:
        NotADumpError, DumpDamagedError, DumpVersionError: as DumpReader.
        DumpError: the file cannot be written, or the finding has no JSON form.
    """
    path = Path(path)
    with DumpReader(path, guard=False):  # written by this process, as a rule
        pass
    try:
        with open(str(path), "r+b", buffering=0) as raw:
            driver = RawFile(raw)
            with open_hdf5(driver, "r+") as file:
                attribute = h5py.h5a.open(file.id, layout.ATTR_FINDING.encode())
                room = attribute.get_storage_size()
                try:
                    text = encode_finding(finding_json, room)
                except (TypeError, ValueError) as error:
                    raise DumpError(f"{path}: the new finding cannot be written: {error}") from error
                attribute.write(_text(text))
                del attribute
            if driver.failure is not None:
                raise driver.failure
            os.fsync(raw.fileno())
    except OSError as error:
        raise cannot_write(path, error) from error
    except (RuntimeError, KeyError, ValueError) as error:
        raise DumpDamagedError(f"{path}: the finding could not be replaced ({_line(error)}); make a new dump") from error


def temporary_name(pid: int) -> str:
    """A hidden name that nobody else uses; it tells which process is at work on it. See `DumpFolder.check`."""
    return f".nanhunt-{this_system()}-{pid}-{uuid.uuid4().hex[:8]}.tmp"


def this_system() -> str:
    """8 hex digits that stand for all places where a process id means what it means here: the host, and the container."""
    try:
        space = os.readlink("/proc/self/ns/pid")
    except OSError:
        space = ""
    return f"{zlib.crc32((socket.gethostname() + space).encode()):08x}"


def cannot_write(path: Path, error: OSError) -> DumpError:
    """The error for a file that the system does not let us write: what, where, what to do."""
    if error.errno in _NO_ROOM:
        why = _NO_ROOM[error.errno]
        return DumpSpaceError(f"no room for the dump {path}: {why}; free some space or choose another folder")
    reason = error.strerror or _line(error)
    advice = _ADVICE.get(error.errno or 0, "choose another folder")
    return DumpError(f"the dump {path} cannot be written: {reason.lower()}; {advice}")


class _Texts:
    """What of a Record becomes text, encoded before any file is made."""

    def __init__(self, record: Record) -> None:
        self.finding = _encoded("finding", encode_finding, record.finding, layout.FINDING_BYTES)
        self.settings = _encoded("optimizer_settings", encode_json, record.optimizer_settings)
        self.graph = _encoded("graph", encode_json, record.graph)
        self.observed = _encoded("observed", encode_json, list(record.observed))
        self.runup = _encoded("runup", encode_json, record.runup) if record.runup else b""
        self.samples_list = list(record.iteration.get(layout.SAMPLES_KEY) or ())
        self.samples = _encoded("iteration", encode_json, self.samples_list)
        self.draws = _encoded("iteration", encode_json, [each.get("draws", {}) for each in self.samples_list])
        self.environment = _attributes("environment", record.environment)
        position = {key: value for key, value in record.iteration.items() if key != layout.SAMPLES_KEY}
        for key in layout.POSITION:
            value = position.get(key)
            if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, np.integer)) or value < 0:
                raise DumpError(f"a dump needs iteration[{key!r}] to be a whole number from 0 on, found {value!r}")
        self.iteration = _attributes("iteration", position)
        texts = [self.finding, self.settings, self.graph, self.observed, self.samples, self.draws, self.runup]
        texts += [each for each in (*self.environment.values(), *self.iteration.values()) if isinstance(each, bytes)]
        total = sum(len(each) for each in texts)
        if total > layout.JSON_LIMIT:
            most = layout.JSON_LIMIT >> 20
            raise DumpError(f"the dump cannot be written: its JSON takes {total >> 20:,} MB, at most {most} are read back")


def _fill(raw: io.FileIO, record: Record, texts: _Texts, path: Path) -> None:
    driver = RawFile(raw)
    try:
        file = open_hdf5(driver, "w")
        try:
            with ThreadPoolExecutor(max_workers=1) as checksums, Syncing(raw, driver) as syncing:
                _write_all(file, record, texts, driver, checksums, syncing)
        except BaseException as error:
            driver.failure = driver.failure or error  # nothing more of this file is worth a write
            raise
        finally:
            file.close()
    except DumpError:
        raise
    except Exception as error:
        if driver.failure is None or driver.failure is error:
            if isinstance(error, OSError) and error.errno:
                raise
            raise DumpError(f"the dump {path} cannot be written: {_line(error)}") from error
    if driver.failure is not None:
        raise driver.failure
    os.fsync(raw.fileno())


def _write_all(file: Any, record: Record, texts: _Texts, driver: RawFile, checksums: Executor, syncing: Syncing) -> None:
    for group in layout.GROUPS:
        file.create_group(group, track_order=True)
    _put_attributes(file, {layout.ATTR_FORMAT: layout.FORMAT, layout.ATTR_VERSION: layout.VERSION})
    created = datetime.now(timezone.utc).isoformat(timespec="seconds")
    _put_attributes(file, {layout.ATTR_CREATED: created, layout.ATTR_REASON: _attribute("reason", record.reason)})
    _put_attributes(file, {layout.ATTR_FINDING: texts.finding})
    _put_attributes(file[layout.ENVIRONMENT], texts.environment)
    _put_attributes(file[layout.ITERATION], texts.iteration)
    _put_attributes(file[layout.OPTIMIZER], {layout.ATTR_SETTINGS: texts.settings})
    for place, text in (
        (layout.GRAPH, texts.graph),
        (layout.OBSERVED_TENSORS, texts.observed),
        (layout.SAMPLES, texts.samples),
        (layout.DRAWS, texts.draws),
        (layout.RUNUP, texts.runup),
    ):
        if text:
            file.create_dataset(place, data=_text(text))
    _put_sample_columns(file, texts.samples_list)
    for field, arrays in record.arrays().items():
        try:
            paths = layout.paths_of(field, tuple(arrays))
        except ValueError as error:
            raise DumpError(f"the arrays of {field} cannot be written: {error}") from error
        for name, place in paths.items():
            _put_array(file, place, _taken(arrays, field, name), checksums)
            syncing.wrote()
            if driver.failure is not None:
                return


def _taken(arrays: Arrays, field: str, name: str) -> "np.ndarray[Any, Any]":
    try:
        array = np.asarray(arrays[name])
    except Exception as error:  # the mapping may be lazy: whatever the framework raises
        raise DumpError(f"the dump cannot be written: {field}[{name!r}] could not be copied: {_line(error)}") from error
    if array.dtype.kind not in "biuf" or array.dtype.itemsize > 8:
        raise DumpError(
            f"the dump cannot be written: {field}[{name!r}] is {array.dtype}; bool, integers and float16 to float64 can be"
        )
    return np.ascontiguousarray(array).reshape(array.shape)


def _put_array(file: Any, place: str, array: "np.ndarray[Any, Any]", checksums: Executor) -> None:
    content = array.reshape(-1).view(np.uint8).data
    crc: Optional[Future[int]] = checksums.submit(zlib.crc32, content) if content.nbytes >= _THREAD_PAYS else None
    group, _, link = place.rpartition("/")
    dataset = file.require_group(group).create_dataset(link, data=array)
    dataset.attrs[layout.ATTR_CRC32] = np.uint32(crc.result() if crc is not None else zlib.crc32(content))


def _put_sample_columns(file: Any, samples: Iterable[Mapping[str, Json]]) -> None:
    indices, paths = [], []
    for sample in samples:
        index = sample.get("index")
        indices.append(index if isinstance(index, (int, np.integer)) and abs(int(index)) < 1 << 63 else -1)
        paths.append(str(sample.get("path") or "").encode("utf-8", "replace"))
    width = max([1] + [len(each) for each in paths])
    file.create_dataset(layout.SAMPLE_INDEX, data=np.array(indices, np.int64))
    file.create_dataset(layout.SAMPLE_PATH, data=np.array(paths, h5py.string_dtype("utf-8", width)))


def _put_attributes(target: Any, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        target.attrs[name] = _text(value) if isinstance(value, bytes) else value


def _text(content: bytes) -> "np.ndarray[Any, Any]":
    array: np.ndarray[Any, Any] = np.array(content, dtype=h5py.string_dtype("utf-8", max(1, len(content))))
    return array


def _attributes(field: str, values: Mapping[str, Json]) -> Dict[str, Any]:
    return {layout.link_name(str(name)): _attribute(field, value) for name, value in values.items()}


def _attribute(field: str, value: Json) -> Any:
    """A value that h5py stores as itself, or its JSON as bytes. See `format` on how the two are told apart."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, (bool, float)) or (isinstance(value, int) and -(1 << 63) <= value < 1 << 63):
        return value
    if isinstance(value, str) and "\0" not in value:
        try:
            value.encode("utf-8")
            return value
        except UnicodeEncodeError:
            pass
    return _encoded(field, encode_json, value)


def _encoded(field: str, encode: Any, *values: Json) -> bytes:
    try:
        text: bytes = encode(*values)
    except (TypeError, ValueError, OverflowError) as error:
        raise DumpError(f"the dump cannot be written: {field} has no JSON form: {_line(error)}") from error
    return text


def _publish(temporary: Path, path: Path) -> bool:
    """Give the finished file its name; False where another file has it."""
    try:
        os.link(str(temporary), str(path))  # unlike a rename, never replaces a file
        return True
    except FileExistsError:
        return False
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EOPNOTSUPP, errno.EMLINK):
            raise
    try:  # no hard links here (FAT, some network folders): hold the name with an empty file
        os.close(os.open(str(path), os.O_CREAT | os.O_EXCL | os.O_WRONLY))
    except FileExistsError:
        return False
    try:
        os.replace(str(temporary), str(path))
    except BaseException:
        path.unlink()
        raise
    return True


def _sync_folder(folder: Path) -> None:
    try:
        handle = os.open(str(folder), os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(handle)
    except OSError:
        pass  # not every file system can; the file itself is synced
    finally:
        os.close(handle)


def _line(error: BaseException) -> str:
    """The first line of an error of somebody else's."""
    text = str(error).strip().splitlines()
    return (text[0] if text else type(error).__name__)[:300]
