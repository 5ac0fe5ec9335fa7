"""A file that is damaged, made to do harm, or something else is refused in one line before any of it is used."""

import json
import os
import struct

import h5py
import numpy as np
import pytest
from records import record

from nanhunt.dump.guard import vet
from nanhunt.dump.reader import DumpReader
from nanhunt.dump.writer import update_finding, write
from nanhunt.errors import DumpDamagedError, DumpVersionError, NotADumpError


@pytest.fixture
def dump(tmp_path):
    return write(record(), tmp_path / "dump.h5")


def refused(path, error=DumpDamagedError, says="", guard=False):
    with pytest.raises(error) as caught, DumpReader(path, guard=guard) as reader:
        for arrays in reader.record.arrays().values():
            for name in arrays:
                arrays[name]
    text = str(caught.value)
    assert type(caught.value) is error and "\n" not in text and str(path) in text and ";" in text, text
    assert says in text, text


def text_dataset(file, place, text):
    del file[place]
    file.create_dataset(place, data=np.array(text, h5py.string_dtype("utf-8", len(text))))


def replace(file, place, **how):
    del file[place]
    return file.create_dataset(place, **how)


def virtual(file):
    sources = h5py.VirtualLayout((3,), "f8")
    sources[:] = h5py.VirtualSource("/etc/passwd", "x", (3,))
    del file["state/parameters/scale"]
    file.create_virtual_dataset("state/parameters/scale", sources)


def external(file):
    del file["state/parameters/scale"]
    shape, kind = h5py.h5s.create_simple((8,)), h5py.h5t.STD_U8LE
    plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plist.set_external(b"/etc/passwd", 0, 8)
    h5py.h5d.create(file["state/parameters"].id, b"scale", kind, shape, plist)


def cycle(file):
    file["state/parameters/again"] = file["state"]


def linked_twice(file):
    file["state/aux/other"] = file["state/parameters/conv0_weight"]


CASES = {
    "a soft link": (lambda f: f.__setitem__("state/parameters/x", h5py.SoftLink("/graph")), "is a soft link"),
    "an external link": (
        lambda f: f.__setitem__("state/parameters/x", h5py.ExternalLink("/etc/passwd", "/")),
        "an external link",
    ),
    "an external link in place of a group": (
        lambda f: (f.__delitem__("history"), f.__setitem__("history", h5py.ExternalLink("other.h5", "/history"))),
        "/history is an external link",
    ),
    "a cycle of hard links": (cycle, "linked a second time"),
    "one array under two names": (linked_twice, "linked a second time"),
    "a virtual dataset": (virtual, "virtual"),
    "data in another file": (external, "in another file"),
    "a compressed dataset": (
        lambda f: replace(f, "state/parameters/scale", shape=(1 << 40,), dtype="f8", chunks=(1 << 16,), compression="gzip"),
        "chunked, compact or compressed",
    ),
    "a dataset larger than the file": (
        lambda f: replace(f, "state/parameters/scale", shape=(1 << 40,), dtype="f8"),
        "claims 8,796,093,022,208 bytes",
    ),
    "an empty dataset of a shape beyond memory": (
        lambda f: replace(f, "state/parameters/scale", shape=(0, 1 << 40, 1 << 30), dtype="f8"),
        "claims the shape",
    ),
    "a dataset never written": (lambda f: replace(f, "state/parameters/scale", shape=(9,), dtype="f8"), "never written"),
    "a dataset without a shape": (lambda f: replace(f, "state/parameters/scale", data=h5py.Empty("f8")), ""),
    "an object reference": (
        lambda f: replace(f, "state/parameters/scale", data=np.array([f["graph"].ref], h5py.ref_dtype)),
        "a type that no dump has",
    ),
    "a region reference": (
        lambda f: replace(f, "state/parameters/scale", data=np.array([f["graph"].regionref[()]], h5py.regionref_dtype)),
        "a type that no dump has",
    ),
    "a reference as an attribute": (lambda f: f.attrs.__setitem__("ref", f["graph"].ref), "a type that no dump has"),
    "an array of texts as an attribute": (lambda f: f["environment"].attrs.__setitem__("x", ["a", "b"]), "not a single value"),
    "texts of variable length as a dataset": (
        lambda f: replace(f, "state/parameters/scale", data=["a"], dtype=h5py.string_dtype()),
        "a type that no dump has",
    ),
    "a compound type": (
        lambda f: replace(f, "state/parameters/scale", data=np.zeros(2, [("a", "f4"), ("b", "i4")])),
        "a type that no dump has",
    ),
    "complex numbers": (lambda f: replace(f, "state/parameters/scale", data=np.zeros(2, complex)), "a type that no dump has"),
    "text where an array should be": (
        lambda f: replace(f, "state/parameters/scale", data=np.array([b"abc"])),
        "array of numbers",
    ),
    "a group where an array should be": (lambda f: f.create_group("state/parameters/sub"), "array of numbers"),
    "a stored type": (lambda f: f.__setitem__("kind", np.dtype("f8")), "neither a group nor a dataset"),
    "a missing group": (lambda f: f.__delitem__("state/aux"), "/state/aux is missing"),
    "a missing graph": (lambda f: f.__delitem__("graph"), "/graph should be one JSON text, found nothing"),
    "a graph of numbers": (lambda f: replace(f, "graph", data=np.zeros(3)), "/graph should be one JSON text"),
    "a graph that is not JSON": (lambda f: text_dataset(f, "graph", b"{'a': 1}"), "/graph is not JSON"),
    "a graph that is a list": (lambda f: text_dataset(f, "graph", b"[]"), "should be a JSON object"),
    "a graph nested without end": (lambda f: text_dataset(f, "graph", b"[" * 200_000), "nested too deeply"),
    "a number of a million digits": (lambda f: text_dataset(f, "graph", b'{"a":' + b"1" * 10**6 + b"}"), "1,000,000 digits"),
    "observations that are no objects": (lambda f: text_dataset(f, "observed/tensors", b"[1, 2]"), "list of objects"),
    "a missing finding": (lambda f: f.attrs.__delitem__("finding"), "finding"),
    "a finding that is not JSON": (lambda f: f.attrs.__setitem__("finding", np.bytes_(b"nan!")), "is not JSON"),
    "a finding that is a number": (lambda f: f.attrs.__setitem__("finding", 3), "should be JSON text"),
    "a reason that is a number": (lambda f: f.attrs.__setitem__("reason", 3), "reason should be a text"),
    "a version that is a text": (lambda f: f.attrs.__setitem__("version", "1"), "no whole number"),
    "a negative step": (lambda f: f["iteration"].attrs.__setitem__("step", -1), "whole number from 0 on"),
    "a step that is missing": (lambda f: f["iteration"].attrs.__delitem__("step"), "whole number from 0 on"),
    "too few samples": (lambda f: replace(f, "iteration/sample_index", data=np.zeros(1, np.int64)), "each of the 2 samples"),
    "a name that is not escaped": (lambda f: f.create_dataset("state/parameters/%41", data=np.zeros(1)), "not an escaped name"),
    "a changed array": (lambda f: f["state/parameters/conv0_weight"].__setitem__(0, 9.0), "parameters['conv0_weight']"),
}


@pytest.mark.parametrize("name", sorted(CASES))
def test_refused(dump, name):
    change, says = CASES[name]
    with h5py.File(str(dump), "r+") as file:
        change(file)
    refused(dump, says=says)


def test_a_name_made_to_confuse_the_terminal_is_shown_escaped(dump):
    with h5py.File(str(dump), "r+") as file:
        file["bad\n\x1b[31mname"] = h5py.SoftLink("/")
    refused(dump, says=r"bad\n\x1b[31mname")


def test_an_array_added_by_hand_without_a_checksum_is_read(dump):
    with h5py.File(str(dump), "r+") as file:
        replace(file, "state/parameters/scale", data=np.float32(2))
    with DumpReader(dump, guard=False) as reader:
        assert reader.record.parameters["scale"] == 2


def test_every_cut_is_refused(dump):
    whole = dump.read_bytes()
    for length in sorted({len(whole) * i // 20 for i in range(20)} | {1, 7, 8, 9, 47, 48, len(whole) - 1}):
        dump.write_bytes(whole[:length])
        refused(dump, NotADumpError if length < 8 else DumpDamagedError)


def test_a_cut_is_refused_by_way_of_the_guard(dump):
    whole = dump.read_bytes()
    for part in (3, 2):
        dump.write_bytes(whole[: len(whole) // part])
        refused(dump, guard=True)


def test_a_flipped_bit_in_an_array_is_found(dump):
    whole = bytearray(dump.read_bytes())
    place = whole.index(record().parameters["conv0_weight"].tobytes())
    whole[place + 3] ^= 1
    dump.write_bytes(bytes(whole))
    refused(dump, says="parameters['conv0_weight']")


def test_a_bool_of_other_values_is_found(tmp_path):
    path = write(record(parameters={"mask": np.array([True, False] * 8)}), tmp_path / "a.h5")
    whole = bytearray(path.read_bytes())
    place = whole.index(b"\1\0" * 8)
    whole[place] = 7
    path.write_bytes(bytes(whole))
    with h5py.File(str(path), "r+") as file:
        del file["state/parameters/mask"].attrs["crc32"]
    refused(path, says="is bool but holds other values")


@pytest.mark.parametrize("version", [0, 2, 99])
def test_another_version_is_named(dump, version):
    with h5py.File(str(dump), "r+") as file:
        file.attrs["version"] = version
        del file["graph"]  # another version may lay out things differently: it is told first
    refused(dump, DumpVersionError, f"version {version}, this nanhunt reads 1")


@pytest.mark.parametrize("content", [b"", b"hello", b"PK\3\4" + b"\0" * 100, json.dumps({"a": 1}).encode()])
def test_a_file_that_is_not_hdf5_is_no_dump(tmp_path, content):
    path = tmp_path / "a.h5"
    path.write_bytes(content)
    refused(path, NotADumpError, "is not a nanhunt dump", guard=True)


def test_another_hdf5_file_is_no_dump(tmp_path):
    path = tmp_path / "weights.h5"
    with h5py.File(str(path), "w") as file:
        file["layer/w"] = np.zeros(3)
        file["loop"] = h5py.SoftLink("/")
    refused(path, NotADumpError, "is not a nanhunt dump", guard=True)


def test_a_missing_file_a_folder_and_a_pipe_are_no_dumps(tmp_path):
    refused(tmp_path / "gone.h5", NotADumpError, "no such file")
    refused(tmp_path, NotADumpError, "no regular file")
    os.mkfifo(str(tmp_path / "pipe.h5"))
    refused(tmp_path / "pipe.h5", NotADumpError, "no regular file")


def test_a_file_on_which_hdf5_loops_for_ever_is_refused(dump):
    """A free object of size 0 in the global heap, which carries no checksum: HDF5 1.12 to 2.0 walk over it for ever."""
    whole = bytearray(dump.read_bytes())
    heap = whole.index(b"GCOL")
    size = struct.unpack_from("<Q", whole, heap + 8)[0]
    whole[heap + 16 : heap + size] = bytes(size - 16)
    struct.pack_into("<H", whole, heap + 16, 5)
    dump.write_bytes(bytes(whole))
    with pytest.raises(DumpDamagedError, match="cut short or altered"):
        vet(dump, seconds=3)


def test_the_guard_says_what_the_reader_says(dump, monkeypatch):
    monkeypatch.chdir(dump.parent)
    with h5py.File(str(dump), "r+") as file:
        file.attrs["version"] = 2
    with pytest.raises(DumpVersionError, match=r"^dump\.h5 is a dump of version 2"):
        vet(type(dump)("dump.h5"))


def test_a_finding_is_not_put_into_another_file(tmp_path):
    path = tmp_path / "weights.h5"
    with h5py.File(str(path), "w") as file:
        file["w"] = np.zeros(3)
    before = path.read_bytes()
    with pytest.raises(NotADumpError):
        update_finding(path, {"schema": 1})
    assert path.read_bytes() == before
