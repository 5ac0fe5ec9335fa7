"""Read a dump: the whole file is checked first, the arrays come when they are asked for."""

import contextlib
import io
import os
import stat
import zlib
from pathlib import Path
from types import TracebackType
from typing import Any, Callable, Dict, Iterator, List, Mapping, Optional, Tuple, Type, TypeVar, Union

import h5py
import numpy as np

from nanhunt.dump import format as layout
from nanhunt.dump.guard import vet
from nanhunt.dump.json_text import decode_json
from nanhunt.dump.record import Record
from nanhunt.dump.storage import RawFile, open_hdf5
from nanhunt.dump.survey import Refused, Stored, Survey, attribute, attribute_names, shown, survey
from nanhunt.errors import DumpDamagedError, DumpError, DumpVersionError, NanhuntError, NotADumpError

Json = Any
Result = TypeVar("Result")

_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_WHAT_TO_DO = "copy it again from where it was made, or use another dump"


class StoredArrays(Mapping[str, "np.ndarray[Any, Any]"]):
    """Arrays of a dump by name. Each access reads the array anew and keeps no copy."""

    def __init__(self, reader: "DumpReader", field: str, places: Mapping[str, Tuple[str, Stored]]) -> None:
        self._reader = reader
        self._field = field
        self._places = places

    def __getitem__(self, name: str) -> "np.ndarray[Any, Any]":
        """The array as it was written, bit for bit.

        Raises:
            KeyError: there is none of this name.
            DumpDamagedError: its bytes are not those that were written.
            DumpError: the reader is closed.
        """
        place, stored = self._places[name]
        return self._reader._array(f"{self._field}[{name!r}]", place, stored)

    def __contains__(self, name: object) -> bool:
        return name in self._places

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def described(self) -> Dict[str, Tuple[Tuple[int, ...], Any]]:
        """Name to (shape, dtype), without reading any array."""
        return {name: (stored.shape, stored.dtype) for name, (_, stored) in self._places.items()}


class DumpReader:
    """A dump, open for reading; a context manager.

    Args:
        path: the file.
        guard: have it looked over by another process first (0.15 s and up), because HDF5 may crash on a file that is damaged or
            made to do harm. For a file that this process has just written itself there is no need.

    Attributes:
        path: the file.
        version: of the format.
        created: when, ISO 8601 in UTC.
        record: the Record; its mappings of arrays read from the file until the reader is closed.

    Raises:
        NotADumpError: no such file, or it is something else.
        DumpVersionError: it is a dump of a version that is not read here.
        DumpDamagedError: it is cut short, altered, or refers outside itself.
        DumpError: it cannot be opened.
    """

    def __init__(self, path: Union[str, Path], guard: bool = True) -> None:
        self.path = Path(path)
        self._raw = _opened(self.path)
        self._file: Any = None
        self._json_left = layout.JSON_LIMIT
        try:
            self.size = os.fstat(self._raw.fileno()).st_size
            if guard:
                vet(self.path)
            self._file = self._checked(lambda: open_hdf5(RawFile(self._raw), "r"))
            found = Survey(self.size, text_left=self.size)
            self.version: int = self._checked(lambda: self._identified(found))
            found = self._checked(lambda: survey(self._file, self.size))
            self.created: str = self._checked(lambda: self._text_attribute(layout.ATTR_CREATED, found))
            self.record: Record = self._checked(lambda: self._made(found))
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the file; its arrays cannot be read any more."""
        file, self._file = self._file, None
        if file is not None:
            with contextlib.suppress(Exception):  # a damaged file, read only: nothing is lost
                file.close()
        self._raw.close()

    def __enter__(self) -> "DumpReader":
        return self

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        self.close()

    def _checked(self, act: Callable[[], Result]) -> Result:
        """`act`, with every way in which h5py fails on a damaged file turned into one error."""
        try:
            return act()
        except NanhuntError:
            raise
        except Refused as error:
            raise self._damaged(str(error)) from None
        except Exception as error:  # h5py: OSError, RuntimeError, KeyError, TypeError, ValueError, MemoryError and others
            text = str(error).strip().splitlines()
            raise self._damaged(f"HDF5 cannot read it ({shown(text[0] if text else type(error).__name__)})") from error

    def _damaged(self, what: str) -> DumpDamagedError:
        return DumpDamagedError(f"{shown(str(self.path))} is cut short or altered: {what}; {_WHAT_TO_DO}")

    def _identified(self, found: Survey) -> int:
        try:
            name = attribute(self._file, "", layout.ATTR_FORMAT, found)
        except Refused:
            name = None
        if isinstance(name, bytes):
            name = name.decode("utf-8", "replace")
        if name != layout.FORMAT:
            raise NotADumpError(
                f"{shown(str(self.path))} is not a nanhunt dump: an HDF5 file whose attribute {layout.ATTR_FORMAT} is "
                f"{'missing' if name is None else shown(repr(name))}, not {layout.FORMAT!r}; give the file that nanhunt wrote"
            )
        version = attribute(self._file, "", layout.ATTR_VERSION, found)
        if isinstance(version, bool) or not isinstance(version, int):
            raise Refused("its version is no whole number")
        if version not in layout.READABLE_VERSIONS:
            readable = ", ".join(str(each) for each in layout.READABLE_VERSIONS)
            newer = version > max(layout.READABLE_VERSIONS)
            raise DumpVersionError(
                f"{shown(str(self.path))} is a dump of version {version}, this nanhunt reads {readable}; "
                f"use {'a newer nanhunt' if newer else 'the nanhunt that wrote it'}"
            )
        return version

    def _made(self, found: Survey) -> Record:
        for group in layout.GROUPS:
            if group not in found.groups:
                raise Refused(f"the group /{group} is missing")
        return Record(
            reason=self._text_attribute(layout.ATTR_REASON, found),
            finding=self._json_attribute("", layout.ATTR_FINDING, found),
            environment=self._attributes(layout.ENVIRONMENT, found),
            iteration=self._iteration(found),
            optimizer_settings=self._json_attribute(layout.OPTIMIZER, layout.ATTR_SETTINGS, found),
            graph=self._json_dataset(layout.GRAPH, dict, found),
            observed=self._objects(layout.OBSERVED_TENSORS, found),
            runup=self._json_dataset(layout.RUNUP, dict, found) if layout.RUNUP in found.datasets else {},
            **{field: self._arrays(field, found) for field in layout.ARRAY_GROUPS},
        )

    def _iteration(self, found: Survey) -> Dict[str, Json]:
        values = self._attributes(layout.ITERATION, found)
        for key in layout.POSITION:
            value = values.get(key)
            if isinstance(value, bool) or not isinstance(value, int) or value < 0:
                raise Refused(
                    f"the attribute {key} of /{layout.ITERATION} should be a whole number from 0 on, found {shown(repr(value))}"
                )
        samples = self._objects(layout.SAMPLES, found)
        self._json_dataset(layout.DRAWS, list, found)
        for place, kinds in ((layout.SAMPLE_INDEX, "i"), (layout.SAMPLE_PATH, "S")):
            stored = found.datasets.get(place)
            if stored is None or stored.dtype.kind not in kinds or stored.shape != (len(samples),):
                raise Refused(f"/{place} should hold one entry for each of the {len(samples)} samples")
        values[layout.SAMPLES_KEY] = samples
        return values

    def _attributes(self, group: str, found: Survey) -> Dict[str, Json]:
        owner = self._file[group]
        values: Dict[str, Json] = {}
        for name in attribute_names(owner.id, group):
            value = attribute(owner, group, name, found)
            if isinstance(value, bytes):
                value = self._json_value(value, f"the attribute {shown(name)} of /{group}")
            values[_plain_name(name, group)] = value
        return values

    def _text_attribute(self, name: str, found: Survey) -> str:
        value = attribute(self._file, "", name, found)
        if isinstance(value, bytes):
            value = self._json_value(value, f"the attribute {name}")
        if not isinstance(value, str):
            raise Refused(f"the attribute {name} should be a text, found {'nothing' if value is None else shown(repr(value))}")
        return value

    def _json_attribute(self, group: str, name: str, found: Survey) -> Dict[str, Json]:
        value = attribute(self._file[group or "/"], group, name, found)
        where = f"the attribute {name} of /{group}"
        if isinstance(value, str):
            value = value.encode("utf-8")
        if not isinstance(value, bytes):
            raise Refused(f"{where} should be JSON text, found {'nothing' if value is None else shown(repr(value))}")
        parsed = self._json_value(value, where)
        if not isinstance(parsed, dict):
            raise Refused(f"{where} should be a JSON object")
        return parsed

    def _json_dataset(self, place: str, kind: Type[Result], found: Survey) -> Result:
        stored = found.datasets.get(place)
        if stored is None or stored.dtype.kind != "S" or stored.shape != ():
            raise Refused(
                f"/{place} should be one JSON text, found {'nothing' if stored is None else f'{stored.dtype}{stored.shape}'}"
            )
        self._spend(stored.dtype.itemsize)
        parsed = self._json(bytes(self._file[place][()]), f"/{place}")
        if not isinstance(parsed, kind):
            raise Refused(f"/{place} should be a JSON {'object' if kind is dict else 'list'}")
        return parsed

    def _objects(self, place: str, found: Survey) -> List[Dict[str, Json]]:
        entries: List[Dict[str, Json]] = self._json_dataset(place, list, found)
        if not all(isinstance(each, dict) for each in entries):
            raise Refused(f"/{place} should be a JSON list of objects")
        return entries

    def _spend(self, nbytes: int) -> None:
        self._json_left -= nbytes
        if self._json_left < 0:
            raise Refused(f"it holds more than {layout.JSON_LIMIT >> 20} MB of JSON")

    def _json_value(self, text: bytes, where: str) -> Json:
        self._spend(len(text))
        return self._json(text, where)

    def _json(self, text: bytes, where: str) -> Json:
        try:
            return decode_json(text)
        except ValueError as error:
            raise Refused(f"{where} is not JSON ({shown(str(error))})") from None

    def _arrays(self, field: str, found: Survey) -> StoredArrays:
        group, levels = layout.ARRAY_GROUPS[field]
        places: Dict[str, Tuple[str, Stored]] = {}
        pending = [(group, levels)]
        while pending:
            place, left = pending.pop()
            for link in found.groups[place]:
                inner = f"{place}/{link}"
                if inner in found.groups and left > 1:
                    pending.append((inner, left - 1))
                    continue
                stored = found.datasets.get(inner)
                if stored is None or stored.dtype.kind not in "biuf":
                    raise Refused(f"/{shown(inner)} should be an array of numbers")
                try:
                    places[layout.name_in_group(group, levels, inner)] = (inner, stored)
                except ValueError as error:
                    raise Refused(shown(str(error))) from None
        return StoredArrays(self, field, places)

    def _array(self, what: str, place: str, stored: Stored) -> "np.ndarray[Any, Any]":
        if self._file is None:
            raise DumpError(f"{what} cannot be read: {shown(str(self.path))} is closed; read arrays inside the `with` block")
        return self._checked(lambda: self._read(what, place, stored))

    def _read(self, what: str, place: str, stored: Stored) -> "np.ndarray[Any, Any]":
        dataset = self._file[place]
        array = np.empty(stored.shape, stored.dtype)
        if array.size:
            dataset.id.read(h5py.h5s.ALL, h5py.h5s.ALL, array)
        content = array.reshape(-1).view(np.uint8)
        expected = attribute(dataset, place, layout.ATTR_CRC32, Survey(self.size))
        if expected is not None and expected != zlib.crc32(content.data):  # none: the array was put there by hand
            raise Refused(f"the bytes of {shown(what)} are not those that were written (checksum)")
        if stored.dtype.kind == "b" and array.size and content.max() > 1:
            raise Refused(f"{shown(what)} is bool but holds other values")
        return array


def _opened(path: Path) -> io.FileIO:
    """The file, which is a regular one and begins as HDF5 does.

    Raises:
        NotADumpError: it does not, or there is none.
        DumpError: it cannot be opened.
    """
    name = shown(str(path))
    try:
        if not stat.S_ISREG(os.stat(str(path)).st_mode):  # opening a pipe would wait for ever
            raise NotADumpError(f"{name} is not a nanhunt dump: it is no regular file; give the .h5 file that nanhunt wrote")
        raw = open(str(path), "rb", buffering=0)  # noqa: SIM115
    except (FileNotFoundError, NotADirectoryError):
        raise NotADumpError(f"{name}: no such file; give the path of a dump that nanhunt wrote") from None
    except ValueError as error:  # a NUL in the name
        raise NotADumpError(f"{name}: no such file ({error})") from None
    except OSError as error:
        raise DumpError(f"{name} cannot be opened: {(error.strerror or str(error)).lower()}; check its permissions") from error
    start = raw.read(len(_SIGNATURE))
    if start != _SIGNATURE:
        raw.close()
        found = "it is empty" if not start else "it is not an HDF5 file"
        raise NotADumpError(f"{name} is not a nanhunt dump: {found}; give the .h5 file that nanhunt wrote")
    return raw


def _plain_name(link: str, group: str) -> str:
    try:
        return layout.array_name(link)
    except ValueError as error:
        raise Refused(f"an attribute of /{group}: {shown(str(error))}") from None
