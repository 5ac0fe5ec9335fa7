"""A run writes a bounded number of dumps, into a folder that was tried first, where there is room."""

import os
import shutil
import subprocess
import sys
from collections import namedtuple

import pytest
from records import record

from nanhunt.dump.retention import DumpFolder
from nanhunt.dump.writer import temporary_name
from nanhunt.errors import DumpError, DumpSpaceError, UsageError

Usage = namedtuple("Usage", "total used free")


def test_names_tell_where_in_the_run_and_never_repeat(tmp_path):
    folder = DumpFolder(tmp_path / "dumps", keep=3, reserve=0)
    folder.check()
    written = [folder.write(record()) for _ in range(5)]
    names = [path and path.name for path in written]
    stem = "nan-e0000-i0036-s000036"
    assert names == [f"{stem}.h5", f"{stem}-2.h5", f"{stem}-3.h5", None, None]
    assert folder.next_path(1, 2, 3) is None
    assert len(os.listdir(str(tmp_path / "dumps"))) == 3


def test_a_later_run_keeps_the_dumps_of_the_earlier(tmp_path):
    first = DumpFolder(tmp_path, keep=1, reserve=0).write(record())
    second = DumpFolder(tmp_path, keep=1, reserve=0).write(record())
    assert first.exists() and second.exists() and first != second


def test_the_name_is_taken_by_another_worker_in_the_meantime(tmp_path):
    folder = DumpFolder(tmp_path, keep=1, reserve=0)

    class Racing(dict):
        def __getitem__(self, name):
            (tmp_path / "nan-e0000-i0036-s000036.h5").write_bytes(b"the other's")
            return dict.__getitem__(self, name)

    path = folder.write(record(aux=Racing(record().aux)))
    assert path.name == "nan-e0000-i0036-s000036-2.h5"
    assert (tmp_path / "nan-e0000-i0036-s000036.h5").read_bytes() == b"the other's"


def test_a_dump_that_fails_does_not_count(tmp_path):
    folder = DumpFolder(tmp_path, keep=1, reserve=0)
    with pytest.raises(DumpError):
        folder.write(record(graph={"a": object()}))
    assert folder.write(record()) is not None


def test_next_path_is_named_in_full(tmp_path):
    assert DumpFolder(tmp_path, keep=1).next_path(12, 36, 2280).name == "nan-e0012-i0036-s002280.h5"


@pytest.mark.parametrize("place", ["file", "file/below", "/proc/nanhunt", "nul\0"])
def test_a_folder_that_cannot_be_written_is_told_before_the_run(tmp_path, place):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(UsageError) as caught:
        DumpFolder(tmp_path / place, keep=1).check()
    assert "dumps cannot be written to" in str(caught.value) and "\n" not in str(caught.value)


def test_a_negative_number_of_dumps_is_refused(tmp_path):
    with pytest.raises(UsageError, match="0 or more"):
        DumpFolder(tmp_path, keep=-1).check()


def test_a_check_makes_the_folder_and_leaves_nothing_in_it(tmp_path):
    DumpFolder(tmp_path / "a" / "b", keep=1).check()
    assert os.listdir(str(tmp_path / "a" / "b")) == []


def test_leftovers_of_dead_processes_are_cleared_and_nothing_else(tmp_path):
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    dead, alive = tmp_path / temporary_name(child.pid), tmp_path / temporary_name(os.getpid())
    elsewhere = tmp_path / f".nanhunt-00000000-{child.pid}-0123abcd.tmp"
    others = [alive, elsewhere, tmp_path / "nan-e0000-i0000-s000000.h5", tmp_path / ".hidden"]
    for path in [dead] + others:
        path.write_bytes(b"")
    DumpFolder(tmp_path, keep=1).check()
    assert not dead.exists() and all(path.exists() for path in others)


def test_too_little_room_is_told_in_megabytes(tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(0, 0, 300 << 20))
    folder = DumpFolder(tmp_path, keep=1)
    folder.room_for(40 << 20)
    with pytest.raises(DumpSpaceError) as caught:
        folder.write(record(), 400 << 20)
    assert str(caught.value) == (
        f"no room for a dump in {tmp_path}: it takes 420 MB and is to leave 256 MB free, found 300 MB; "
        "free 376 MB or choose another folder"
    )
    assert os.listdir(str(tmp_path)) == []


def test_a_folder_deleted_during_the_run_is_a_dump_error(tmp_path):
    folder = DumpFolder(tmp_path / "dumps", keep=1)
    folder.check()
    (tmp_path / "dumps").rmdir()
    with pytest.raises(DumpError, match="is gone"):
        folder.write(record())
