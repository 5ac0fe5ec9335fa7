"""A dump appears in full under its name or not at all, and the folder stays clean."""

import errno
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Mapping

import numpy as np
import pytest
from records import record

from nanhunt.dump.reader import DumpReader
from nanhunt.dump.writer import write
from nanhunt.errors import DumpError, DumpSpaceError


class Failing(Mapping):
    """Two arrays, of which the second cannot be had."""

    def __init__(self, error):
        self.error = error

    def __getitem__(self, name):
        if name == "b":
            raise self.error
        return np.ones(1 << 18)

    def __iter__(self):
        return iter(("a", "b"))

    def __len__(self):
        return 2


def test_an_interrupted_write_leaves_nothing(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        write(record(parameters=Failing(KeyboardInterrupt())), tmp_path / "a.h5")
    assert os.listdir(str(tmp_path)) == []


def test_an_array_that_cannot_be_copied_is_named_and_leaves_nothing(tmp_path):
    with pytest.raises(DumpError, match=r"parameters\['b'\] could not be copied: out of memory"):
        write(record(parameters=Failing(RuntimeError("out of memory\nStack trace:"))), tmp_path / "a.h5")
    assert os.listdir(str(tmp_path)) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_process_stopped_in_mid_write_leaves_no_dump(tmp_path, number):
    script = """
        import os, sys
        from collections.abc import Mapping
        import numpy as np
        from records import record
        from nanhunt.dump.writer import write

        class Slow(Mapping):
            def __iter__(self):
                return iter(map(str, range(9)))
            def __len__(self):
                return 9
            def __getitem__(self, name):
                if name == "3":
                    os.kill(os.getpid(), int(sys.argv[2]))
                return np.ones(1 << 18)

        write(record(parameters=Slow()), __import__("pathlib").Path(sys.argv[1]) / "a.h5")
        """
    done = run(script, tmp_path, int(number))
    assert done.returncode != 0
    left = os.listdir(str(tmp_path))
    assert "a.h5" not in left and (number == signal.SIGKILL or left == [])


def test_a_full_disk_is_one_clear_error_and_leaves_nothing_and_the_process_lives_on(tmp_path):
    script = """
        import os, resource, signal, sys
        from pathlib import Path
        import numpy as np
        from records import record
        from nanhunt.dump.reader import DumpReader
        from nanhunt.dump.writer import write
        from nanhunt.errors import DumpSpaceError

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (3 << 20, 3 << 20))
        folder = Path(sys.argv[1])
        for _ in range(3):
            try:
                write(record(parameters={str(i): np.ones(1 << 16) for i in range(20)}), folder / "big.h5")
            except DumpSpaceError as error:
                assert "\\n" not in str(error) and str(folder) in str(error) and "free some space" in str(error), str(error)
            else:
                raise SystemExit("the limit was not felt")
            assert os.listdir(str(folder)) == [], os.listdir(str(folder))
            assert not any("nanhunt" in os.readlink("/proc/self/fd/" + fd) and "tmp" in os.readlink("/proc/self/fd/" + fd)
                           for fd in os.listdir("/proc/self/fd") if os.path.lexists("/proc/self/fd/" + fd)
                           and not fd == str(os.open("/", 0))), "a descriptor holds the space"
        with DumpReader(write(record(), folder / "small.h5"), guard=False) as reader:
            reader.record.parameters["scale"]
        print("lived on")
        """
    done = run(script, tmp_path)
    assert done.returncode == 0 and done.stdout == "lived on\n", done.stderr


@pytest.mark.parametrize("part", [0.001, 0.1, 0.5, 0.9, 0.999])
def test_the_disk_may_fill_at_any_byte(tmp_path, part):
    at = int(part * write(record(), tmp_path / "whole.h5").stat().st_size)
    (tmp_path / "whole.h5").unlink()
    script = """
        import os, resource, signal, sys
        from pathlib import Path
        from records import record
        from nanhunt.dump.writer import write
        from nanhunt.errors import DumpSpaceError

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))
        try:
            write(record(), Path(sys.argv[1]) / "a.h5")
        except DumpSpaceError:
            print(os.listdir(sys.argv[1]))
        """
    done = run(script, tmp_path, at)
    assert done.returncode == 0 and done.stdout == "[]\n", done.stderr


def test_a_disk_that_fails_while_more_is_written_is_not_forgotten(tmp_path, monkeypatch):
    """The system tells of it once: the sync at the end would know nothing of it any more."""
    sync, calls = os.fsync, []

    def fails_once(handle):
        calls.append(handle)
        if len(calls) == 1:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        sync(handle)

    monkeypatch.setattr(os, "fsync", fails_once)
    arrays = {"weight%d" % k: np.ones(1 << 21) for k in range(4)}
    with pytest.raises(DumpError, match="input/output error; choose another folder"):
        write(record(parameters=arrays), tmp_path / "a.h5")
    assert os.listdir(str(tmp_path)) == [] and len(calls) >= 1


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_disk_with_no_byte_left_is_told_by_its_error_number():
    from nanhunt.dump.writer import cannot_write

    with pytest.raises(OSError) as caught, open("/dev/full", "wb", buffering=0) as full:
        full.write(b"x")
    assert caught.value.errno == errno.ENOSPC
    assert isinstance(cannot_write("a.h5", caught.value), DumpSpaceError)


def test_a_file_of_that_name_is_never_overwritten(tmp_path):
    path = tmp_path / "a.h5"
    path.write_bytes(b"precious")
    with pytest.raises(DumpError, match="never overwritten"):
        write(record(), path)
    assert path.read_bytes() == b"precious" and os.listdir(str(tmp_path)) == ["a.h5"]


def test_a_folder_without_hard_links_gets_its_dump_too(tmp_path, monkeypatch):
    def refused(*_):
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refused)
    path = write(record(), tmp_path / "a.h5")
    with DumpReader(path, guard=False):
        assert os.listdir(str(tmp_path)) == ["a.h5"]
    with pytest.raises(DumpError, match="never overwritten"):
        write(record(), path)


@pytest.mark.parametrize(
    "make, says",
    [
        (lambda folder: folder / "gone" / "a.h5", "no such file or directory; make the folder first"),
        (lambda folder: folder / "file" / "a.h5", "not a directory; choose a path whose parents are folders"),
    ],
)
def test_a_folder_that_cannot_take_it_is_one_clear_line(tmp_path, make, says):
    (tmp_path / "file").write_bytes(b"")
    path = make(tmp_path)
    with pytest.raises(DumpError) as caught:
        write(record(), path)
    assert str(caught.value) == f"the dump {path} cannot be written: {says}"


@pytest.mark.parametrize(
    "changes, says",
    [
        ({"parameters": {"w": np.zeros(2, complex)}}, r"parameters\['w'\] is complex128"),
        ({"parameters": {"w": np.array(["a"], object)}}, r"parameters\['w'\] is object"),
        ({"graph": {"a": object()}}, "graph has no JSON form: a object"),
        ({"iteration": {"epoch": 0, "iteration": 1}}, r"iteration\['step'\] to be a whole number"),
        ({"batch": {"a": np.zeros(1), "a/b": np.zeros(1)}}, "needs a group"),
    ],
)
def test_a_record_that_no_dump_can_hold_is_refused_and_leaves_nothing(tmp_path, changes, says):
    with pytest.raises(DumpError, match=says):
        write(record(**changes), tmp_path / "a.h5")
    assert os.listdir(str(tmp_path)) == []


def run(script, *arguments):
    paths = os.pathsep.join([os.path.dirname(__file__)] + [each for each in sys.path if each])
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)] + [str(each) for each in arguments],
        env=dict(os.environ, PYTHONPATH=paths),
        capture_output=True,
        text=True,
        timeout=60,
    )
