"""Real file systems: one without room, one that is mounted read-only, one that turns read-only while the program runs."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).parent / "programs" / "skips.py"


def in_own_namespace(script, *words, **options):
    """A shell script whose mounts nobody else sees, and which end with it."""
    command = ["unshare", "--mount", "sh", "-euc", script, "sh", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=240, **options)


@pytest.fixture(scope="module", autouse=True)
def mounting(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mount")
    try:
        done = in_own_namespace('mount -t tmpfs -o size=1m none "$1"', folder)
    except FileNotFoundError:
        pytest.skip("no unshare on this machine (Debian: util-linux)")
    if done.returncode:
        pytest.skip("this user may not mount: %s" % done.stderr.strip())


@pytest.fixture
def watched(tmp_path):
    """Run the program with its dumps in a folder on which the script mounts something."""
    dumps = tmp_path / "dumps"
    dumps.mkdir()

    def run(script, program=PROGRAM):
        words = ["-m", "nanhunt", "run", "--on-nonfinite", "skip", "--no-explain", "--json", tmp_path / "f.json"]
        command = [sys.executable, *words, "--dump-dir", dumps, program]
        then = '; folder="$1"; shift; "$@" || code=$?; ls "$folder" >&3; exit ${code:-0}'
        return in_own_namespace(script + then, dumps, *command, cwd=str(tmp_path))

    return run


def lines_about(errors, words):
    return [line for line in errors.splitlines() if words in line]


ENDS = '3>"$1.list"'


def test_without_room_the_run_goes_on_with_its_findings(watched, tmp_path):
    done = watched('mount -t tmpfs -o size=1m none "$1"; exec %s' % ENDS)
    assert done.returncode == 3 and "went on" in done.stdout
    assert json.loads((tmp_path / "f.json").read_text())["iteration"]["step"] == 2
    assert len(lines_about(done.stderr, "no room")) == 2, done.stderr
    assert (tmp_path / "dumps.list").read_text() == ""


def test_a_folder_that_is_mounted_read_only_is_refused_before_anything_runs(watched):
    done = watched('mount -t tmpfs -o ro none "$1"; exec %s' % ENDS)
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1 and "dump" in done.stderr and "Traceback" not in done.stderr


def test_one_that_turns_read_only_costs_the_dumps_alone(watched, tmp_path):
    program = tmp_path / "turns.py"
    turn = '    if k == 1:\n        subprocess.run(["mount", "-o", "remount,ro", %r], check=True)\n' % str(tmp_path / "dumps")
    loop = "for k in range(6):\n"
    text = PROGRAM.read_text()
    assert loop in text
    program.write_text("import subprocess\n" + text.replace(loop, loop + turn))
    done = watched('mount -t tmpfs -o size=600m none "$1"; exec %s' % ENDS, program)
    assert done.returncode == 3 and "went on" in done.stdout, done.stderr
    assert len(lines_about(done.stderr, "read-only")) == 2, done.stderr
    assert (tmp_path / "dumps.list").read_text() == ""


def test_where_the_last_byte_goes_while_a_dump_is_written_nothing_is_left_behind(tmp_path):
    """What is asked of the disk before is left out, as if somebody else had taken the room since."""
    folder = tmp_path / "dumps"
    folder.mkdir()
    code = (
        "import os, shutil, sys; sys.path[:0] = [sys.argv[2], sys.argv[3]]\n"
        "from pathlib import Path\n"
        "from records import record\n"
        "from nanhunt.dump.writer import write\n"
        "from nanhunt.errors import DumpError\n"
        "usage = shutil.disk_usage(sys.argv[1])\n"
        "shutil.disk_usage = lambda _: usage._replace(free=1 << 40)\n"
        "try:\n"
        "    write(record(), Path(sys.argv[1]) / 'a.h5')\n"
        "except DumpError as error:\n"
        "    print(len(str(error).splitlines()), 'no room' in str(error), os.listdir(sys.argv[1]))\n"
    )
    tests = Path(__file__).parents[1]
    for pages in (1, 2, 3):
        done = in_own_namespace(
            'mount -t tmpfs -o size=%dk none "$1"; "$2" -c "$3" "$1" "$4" "$5"' % (4 * pages),
            *[folder, sys.executable, code, tests / "dump", tests.parent],
        )
        assert done.stdout == "1 True []\n", done.stdout + done.stderr
