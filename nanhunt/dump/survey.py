"""Look over every object of an HDF5 file before any of it is used, because the file may be damaged or made to do harm."""

from dataclasses import dataclass, field
from typing import Any, Dict, List, Optional, Set, Tuple

import h5py
import numpy as np

_ARRAY_TYPES = tuple(
    np.dtype(order + code) for order in "<>" for code in ("i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8")
) + (np.dtype(bool),)

_LINKS = {h5py.h5l.TYPE_SOFT: "a soft", h5py.h5l.TYPE_EXTERNAL: "an external"}


class Refused(Exception):
    """The file holds something that no dump holds; the text says what."""


@dataclass(frozen=True)
class Stored:
    """A dataset that the survey let through.

    Attributes:
        shape: its dimensions.
        dtype: bool, integer, float or fixed-length bytes.
    """

    shape: Tuple[int, ...]
    dtype: Any


@dataclass
class Survey:
    """What a file holds.

    Attributes:
        size: the file's length in bytes.
        groups: path of every group (the root is "") to its links, in the order of creation where the file has it.
        datasets: path of every dataset to its shape and dtype.
        text_left: bytes of text that attributes may still give before the file is taken for a bomb.
    """

    size: int
    groups: Dict[str, Tuple[str, ...]] = field(default_factory=dict)
    datasets: Dict[str, Stored] = field(default_factory=dict)
    text_left: int = 0


def survey(file: Any, size: int) -> Survey:
    """Every object of an open h5py.File of `size` bytes, each looked at once, none of the content read.

    Raises:
        Refused: a link that is not a hard link; an object linked twice (as in a cycle); a dataset that is chunked, filtered,
            virtual, stored in another file, unallocated, or larger than the file; a reference or any other type that no dump
            has, in a dataset or attribute.
        whatever h5py raises for a damaged file.
    """
    found = Survey(size, text_left=size)
    seen: Set[int] = set()
    claimed = 0
    pending: List[Tuple[str, Any]] = [("", h5py.h5o.open(file.id, b"/"))]
    while pending:
        path, group = pending.pop()
        _once(group, path, seen)
        _check_attributes(group, path)
        names = _links(group, path)
        found.groups[path] = names
        for name in names:
            place = f"{path}/{name}" if path else name
            item = h5py.h5o.open(group, name.encode("utf-8"))
            if isinstance(item, h5py.h5g.GroupID):
                pending.append((place, item))
            elif isinstance(item, h5py.h5d.DatasetID):
                _once(item, place, seen)
                _check_attributes(item, place)
                stored = _dataset(item, place, size)
                found.datasets[place] = stored
                claimed += _bytes(stored)
                if claimed > size:
                    raise Refused(f"its datasets claim more bytes than the {size:,} of the file")
            else:
                raise Refused(f"{shown(place)} is neither a group nor a dataset")
    return found


def attribute(owner: Any, path: str, name: str, found: Survey) -> Any:
    """One attribute of an open object: int, float, bool or str, and bytes for a fixed-length string; None where there is none.

    Raises:
        Refused: it is something else, or its text is larger than the file.
        whatever h5py raises for a damaged file.
    """
    key = name.encode("utf-8")
    if not h5py.h5a.exists(owner.id, key):
        return None
    kind = _attribute_kind(h5py.h5a.open(owner.id, key), path, name)
    value = owner.attrs[name]
    if kind == "number":
        return value.item()
    content = value.encode("utf-8") if isinstance(value, str) else bytes(value)
    found.text_left -= len(content)
    if found.text_left < 0:
        raise Refused(f"the text of its attributes is larger than the {found.size:,} bytes of the file")
    return content.decode("utf-8") if kind == "text" else content


def attribute_names(item: Any, path: str) -> List[str]:
    """Names of all attributes of an open object.

    Raises:
        Refused: one is not UTF-8.
        whatever h5py raises for a damaged file.
    """
    names: List[bytes] = []
    # `append` returns None and never raises, so no exception passes through HDF5. In any order but the native one HDF5 1.12
    # makes a table first, and frees what it never made if the file is damaged.
    h5py.h5a.iterate(item, names.append, index_type=h5py.h5.INDEX_NAME, order=h5py.h5.ITER_NATIVE)
    try:
        return [name.decode("utf-8") for name in names]
    except UnicodeDecodeError:
        raise Refused(f"the name of an attribute of /{shown(path)} is not UTF-8") from None


def shown(text: str) -> str:
    """A name out of the file, fit for one line of a terminal."""
    short = text if len(text) <= 120 else text[:117] + "..."
    return short if short.isprintable() else repr(short)


def _once(item: Any, path: str, seen: Set[int]) -> None:
    address = h5py.h5o.get_info(item).addr
    if address in seen:
        raise Refused(f"/{shown(path)} is linked a second time; in a dump every object has one place")
    seen.add(address)


def _links(group: Any, path: str) -> Tuple[str, ...]:
    tracked = group.get_create_plist().get_link_creation_order() & h5py.h5p.CRT_ORDER_TRACKED
    names: List[bytes] = []
    index = h5py.h5.INDEX_CRT_ORDER if tracked else h5py.h5.INDEX_NAME
    group.links.iterate(names.append, idx_type=index, order=h5py.h5.ITER_NATIVE)  # see attribute_names
    texts = []
    for name in names:
        try:
            text = name.decode("utf-8")
        except UnicodeDecodeError:
            raise Refused(f"a name in /{shown(path)} is not UTF-8") from None
        kind = group.links.get_info(name).type
        if kind != h5py.h5l.TYPE_HARD:
            place = f"{path}/{text}" if path else text
            raise Refused(f"/{shown(place)} is {_LINKS.get(kind, 'a user-defined')} link, which may lead anywhere")
        if text in ("", ".") or "/" in text:
            raise Refused(f"/{shown(path)} holds the name {text!r}, which no dump has")
        texts.append(text)
    if len(set(texts)) != len(texts):
        raise Refused(f"/{shown(path)} holds one name twice")
    return tuple(texts)


def _dataset(item: Any, path: str, size: int) -> Stored:
    plist = item.get_create_plist()
    if plist.get_external_count():
        raise Refused(f"/{shown(path)} keeps its data in another file")
    how = plist.get_layout()
    if how == getattr(h5py.h5d, "VIRTUAL", 3):
        raise Refused(f"/{shown(path)} is a virtual dataset, made of other files")
    if how != h5py.h5d.CONTIGUOUS or plist.get_nfilters():
        raise Refused(f"/{shown(path)} is chunked, compact or compressed; a dump's datasets are contiguous")
    space = item.get_space()
    if space.get_simple_extent_type() not in (h5py.h5s.SIMPLE, h5py.h5s.SCALAR):
        raise Refused(f"/{shown(path)} has no shape")
    shape = tuple(int(each) for each in space.get_simple_extent_dims()) if space.get_simple_extent_ndims() else ()
    kind = item.get_type()
    dtype = _dtype(kind)
    if dtype is None:
        raise Refused(f"/{shown(path)} has a type that no dump has (HDF5 class {kind.get_class()})")
    claimed = dtype.itemsize
    for length in shape:
        claimed *= max(length, 1)
    stored = Stored(shape, dtype)
    if _bytes(stored) == 0:
        if claimed > 1 << 60:
            raise Refused(f"/{shown(path)} claims the shape {shape}")
        return stored
    if claimed > size:
        raise Refused(f"/{shown(path)} claims {claimed:,} bytes, the file has {size:,}")
    offset = item.get_offset()
    if offset is None or item.get_storage_size() != claimed:
        raise Refused(f"/{shown(path)} of {claimed:,} bytes was never written in full")
    if offset < 0 or offset + claimed > size:
        raise Refused(f"/{shown(path)} goes beyond the end of the file")
    return stored


def _bytes(stored: Stored) -> int:
    total = int(stored.dtype.itemsize)
    for length in stored.shape:
        total *= length
    return total


def _dtype(kind: Any) -> Optional[Any]:
    """The dtype of an HDF5 type that reads without any conversion; None for all others."""
    code = kind.get_class()
    if code == h5py.h5t.STRING:
        return None if kind.is_variable_str() else np.dtype(("S", kind.get_size()))
    if code not in (h5py.h5t.INTEGER, h5py.h5t.FLOAT, h5py.h5t.ENUM) or kind.get_size() > 8:
        return None
    for dtype in _ARRAY_TYPES:
        if kind.equal(_native(dtype)):
            return dtype
    return None


_NATIVE: Dict[Any, Any] = {}


def _native(dtype: Any) -> Any:
    if dtype not in _NATIVE:
        _NATIVE[dtype] = h5py.h5t.py_create(dtype, logical=True)
    return _NATIVE[dtype]


def _check_attributes(item: Any, path: str) -> None:
    for name in attribute_names(item, path):
        _attribute_kind(h5py.h5a.open(item, name.encode("utf-8")), path, name)


def _attribute_kind(each: Any, path: str, name: str) -> str:
    where = f"the attribute {shown(name)} of /{shown(path)}"
    if each.get_space().get_simple_extent_type() != h5py.h5s.SCALAR:
        raise Refused(f"{where} is not a single value")
    kind = each.get_type()
    if kind.get_class() == h5py.h5t.STRING:
        return "text" if kind.is_variable_str() else "bytes"
    if _dtype(kind) is None:
        raise Refused(f"{where} has a type that no dump has (HDF5 class {kind.get_class()})")
    return "number"
