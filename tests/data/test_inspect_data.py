"""The command `nanhunt inspect-data`: exit codes, what it prints, what it writes."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from damage import cut_short, masks_of, save_labels
from PIL import Image

from nanhunt.cli import main

CHECKOUT = Path(__file__).resolve().parents[2]


def inspect_data(root, *options):
    return main(["inspect-data", "--data-root", str(root)] + list(options))


def test_good_data_is_exit_0_and_says_so_on_the_last_line(whole, capsys):
    assert inspect_data(whole) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("10 images, ")


def test_errors_are_exit_3_and_each_offender_is_named(copy, capsys):
    cut_short(copy / "images" / "0001.jpg")
    mask = masks_of(copy, "0002")[0]
    with Image.open(str(mask)) as labels:
        save_labels(mask, np.eye(*labels.size[::-1]) * 44)
    assert inspect_data(copy) == 3
    out = capsys.readouterr().out
    assert "error unreadable" in out and "images/0001.jpg" in out
    assert "error label-range" in out and mask.name in out and "found 44" in out
    assert "2 errors, 0 warnings" in out


def test_warnings_alone_are_exit_0(copy, capsys):
    (copy / "annotations" / "left over.png").touch()
    assert inspect_data(copy) == 0
    assert "1 warning," in capsys.readouterr().out


def test_the_summary_fits_80_columns(copy, capsys):
    (copy / "images" / "0001.jpg").write_bytes(b"")
    (copy / "annotations" / ("a_rather_long_name_" * 6 + ".png")).touch()
    inspect_data(copy, "--num-class", "5")
    lines = capsys.readouterr().out.splitlines()
    assert all(len(line) <= 80 for line in lines if str(copy) not in line)


def test_a_long_list_is_capped_and_is_whole_in_the_json(copy, capsys, tmp_path):
    for number in range(14):
        (copy / "annotations" / f"stray {number:02d}.png").touch()
    assert inspect_data(copy, "--json", str(tmp_path / "found.json")) == 0
    out = capsys.readouterr().out
    assert "stray 09.png" in out and "stray 10.png" not in out and "and 4 more, all in" in out
    written = json.loads((tmp_path / "found.json").read_text())
    assert written["schema"] == 1 and written["complete"] is True
    assert (written["dataset"], written["split"], written["images"]) == ("mhp", "all", 10)
    assert (written["errors"], written["warnings"]) == (0, 14)
    strays = [problem for problem in written["problems"] if problem["check"] == "stray-mask"]
    assert len(strays) == 14
    assert set(strays[0]) == {"check", "severity", "sample", "entry", "path", "message", "other"}


def test_brackets_in_a_file_name_are_printed_as_they_are(copy, capsys):
    (copy / "annotations" / "[bold]mask[red].png").touch()
    inspect_data(copy)
    assert "annotations/[bold]mask[red].png" in capsys.readouterr().out


@pytest.mark.parametrize("option", ["--json", "--html", "--write-skip"])
def test_a_file_without_a_folder_is_said_before_the_walk(whole, capsys, tmp_path, option):
    assert inspect_data(whole, option, str(tmp_path / "nowhere" / "found")) == 2
    output = capsys.readouterr()
    assert output.out == "" and option in output.err


@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="wants the device that is always full")
def test_a_full_disk_is_said_after_the_summary_and_keeps_no_other_file_back(whole, capsys, tmp_path):
    other = tmp_path / "found.html"
    assert inspect_data(whole, "--json", "/dev/full", "--html", str(other)) == 1
    output = capsys.readouterr()
    assert "10 images" in output.out and "--json" in output.err and "No space left" in output.err
    assert other.stat().st_size > 1000 and Path("/dev/full").is_char_device()


def test_json_goes_through_a_link_and_into_a_device(whole, tmp_path):
    link = tmp_path / "link.json"
    link.symlink_to(tmp_path / "found.json")
    assert inspect_data(whole, "--json", str(link)) == 0
    assert link.is_symlink() and json.loads((tmp_path / "found.json").read_text())["images"] == 10
    program = [sys.executable, "-m", "nanhunt", "inspect-data", "--data-root", str(whole), "--json", "/dev/stdout"]
    done = subprocess.run(program, stdout=subprocess.PIPE, cwd=str(CHECKOUT), check=True)
    text = done.stdout.decode()
    assert json.loads(text[text.index("{") :])["images"] == 10


@pytest.mark.parametrize(
    "options",
    [
        ["--dataset", "coco"],
        ["--split", "tset"],
        ["--num-class", "0"],
        ["--jobs", "0"],
        ["--data-root", "nowhere"],
        ["--seed", "-1"],
    ],
)
def test_what_cannot_work_is_exit_2_and_one_clear_message(whole, capsys, options):
    assert inspect_data(whole, *options) == 2
    output = capsys.readouterr()
    assert output.out == "" and "xpected" in output.err and "Traceback" not in output.err


def test_the_synthetic_dataset_is_good_as_it_comes(whole, capsys):
    assert inspect_data(whole, "--dataset", "synthetic-mhp", "--split", "train") == 0
    assert "synthetic-mhp, split train" in capsys.readouterr().out


def test_help_loads_neither_framework_nor_pillow_nor_rich():
    program = (
        "import sys; from nanhunt.cli import main; main(['inspect-data', '--help']);"
        "print(sorted({'mxnet', 'gluoncv', 'PIL', 'rich', 'numpy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, cwd=str(CHECKOUT), check=True)
    assert done.stdout.decode().splitlines()[-1] == "[]"


@pytest.fixture
def walking(copy):
    """An inspection of 32,000 entries by two processes that has begun."""
    names = (copy / "train_list.txt").read_text().split()
    (copy / "train_list.txt").write_text("".join(f"{name}\n" for name in names) * 4000)
    program = (
        "import sys; from nanhunt.data.checks import Summary; from nanhunt.cli import main\n"
        "merge = Summary.merge\n"
        "def ready(self, other):\n"
        "    merge(self, other)\n"
        "    print('walking', file=sys.stderr, flush=True)\n"
        "Summary.merge = ready\n"
        "sys.exit(main())"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program, "inspect-data", "--data-root", str(copy), "--jobs", "2"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=str(CHECKOUT),
    )
    assert process.stderr.readline().strip() == b"walking"
    yield process
    process.kill()
    process.communicate()


def test_ctrl_c_reports_what_was_done_and_is_exit_130(walking):
    walking.send_signal(signal.SIGINT)
    out, _ = walking.communicate(timeout=60)
    assert walking.returncode == 130
    assert "interrupted after" in out.decode() and "of 32,002 images" in out.decode()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_no_process_outlives_an_inspection_that_is_killed(walking, how):
    walking.send_signal(how)
    walking.communicate(timeout=60)  # ends only when the last process has closed the pipes
    assert walking.returncode == -how


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="wants /proc to find a worker")
def test_a_worker_that_is_killed_is_one_line_and_no_hang(walking):
    children = Path(f"/proc/{walking.pid}/task/{walking.pid}/children").read_text().split()
    os.kill(int(children[0]), signal.SIGKILL)
    _, err = walking.communicate(timeout=60)
    assert walking.returncode == 1
    assert "one that was killed" in err.decode() and "Traceback" not in err.decode()
