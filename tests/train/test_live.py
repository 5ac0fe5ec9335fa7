"""What a terminal shows while a run goes on, and what is left on it afterwards."""

import io
import os
import re
import select
import subprocess
import sys
import time

import pytest

from nanhunt.train.live import LiveStatus, Status
from nanhunt.train.log import RunLog

STATUS = Status(2, 120, 35, 187, 187 * 117 + 151, 16, 6.24e-4, 0.3123, 4.2117, 0.004)
ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Terminal(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self):
        return True


@pytest.fixture
def terminal(monkeypatch):
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "80")
    return Terminal()


def lines(terminal):
    return [line.rstrip() for line in ANSI.sub("", terminal.getvalue()).replace("\r", "\n").split("\n") if line.strip()]


def test_all_is_told_in_two_lines_of_80_columns(terminal):
    seconds = iter([0.0, 4.0])
    live = LiveStatus(terminal, lambda: next(seconds))
    live.show(STATUS)
    live.show(STATUS)
    live.close()
    bar, figures = lines(terminal)[-2:]
    assert bar.startswith("epoch 3/120, iteration 36/187 ━") and bar.endswith("ETA 1d 0:28:40")
    assert figures == "loss 0.3123  gradient 4.212  lr 0.000624  4 img/s  watching 0.4 %"
    assert max(map(len, lines(terminal))) <= 80


def test_what_was_not_read_is_not_made_up(terminal):
    live = LiveStatus(terminal)
    live.show(Status(0, 1, 0, 4, 3, 2, 0.1))
    live.close()
    assert lines(terminal)[-1] == "loss –  gradient –  lr 0.1  – img/s  watching not measured"


def test_it_is_not_drawn_more_often_than_one_can_read(terminal):
    live = LiveStatus(terminal, lambda: 0.0)
    for _ in range(100):
        live.show(STATUS)
    live.close()
    assert len(lines(terminal)) <= 4


def test_lines_go_above_and_to_the_file_as_they_are(terminal, tmp_path):
    with RunLog(tmp_path / "train.log", terminal) as log:
        log.show(STATUS)
        log.line("[bold]not markup[/bold] " + "x" * 90)
    assert (tmp_path / "train.log").read_text() == "[bold]not markup[/bold] " + "x" * 90 + "\n"
    assert "[bold]not markup[/bold] " + "x" * 90 in lines(terminal)


@pytest.mark.parametrize("stream", [io.StringIO(), "dumb"])
def test_elsewhere_there_are_plain_lines_alone(tmp_path, monkeypatch, stream):
    if stream == "dumb":
        monkeypatch.setenv("TERM", "dumb")
        stream = Terminal()
    with RunLog(tmp_path / "train.log", stream) as log:
        log.show(STATUS)
        log.note("validation")
        with log.paused():
            log.line("one")
    assert stream.getvalue() == "one\n"


def test_without_colour_there_is_none(terminal, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    live = LiveStatus(terminal)
    live.show(Status(0, 1, 0, 4, 3, 2, 0.1, float("nan")))
    live.close()
    assert "loss nan" in lines(terminal)[-1] and not re.search(r"\x1b\[[0-9;]*3[0-7]m", terminal.getvalue())


def test_an_exception_gives_the_terminal_back(terminal, tmp_path):
    with pytest.raises(ZeroDivisionError), RunLog(tmp_path / "train.log", terminal) as log:
        log.show(STATUS)
        print(1 / 0)
    assert terminal.getvalue().rindex("\x1b[?25h") > terminal.getvalue().rindex("\x1b[?25l")
    assert sys.stdout.__class__.__name__ != "FileProxy"


ON_A_TERMINAL = "import os, pty, sys; status = pty.spawn(sys.argv[1:]); sys.exit(status >> 8 or status)"
"""In a process of its own: in the fork of one that has MXNet, MXNet's handlers run, and its engine may wait for ever."""


def on_a_terminal(command, interrupt_at=None, seconds=240):
    """What a program writes to a terminal of 80 columns, and its exit code; ctrl-C once it has written `interrupt_at`."""
    environment = dict(os.environ, TERM="xterm-256color", COLUMNS="80", LINES="24")
    command = [sys.executable, "-c", ON_A_TERMINAL, *command]
    written, end = b"", time.monotonic() + seconds
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, bufsize=0) as ran:
        while time.monotonic() < end:
            if not select.select([ran.stdout], [], [], 0.5)[0]:
                continue
            more = os.read(ran.stdout.fileno(), 65536)
            if not more:  # the other end has closed
                break
            written += more
            if interrupt_at is not None and interrupt_at in written:
                interrupt_at = None
                ran.stdin.write(b"\x03")
        else:
            ran.kill()
    return written.decode("utf-8", "replace"), ran.returncode


def test_a_finding_is_not_garbled_and_ctrl_c_leaves_a_checkpoint_and_a_terminal_in_order(small, tmp_path):
    options = "--model fcn --lr 1e8 --lr-mode constant --epochs 500 --on-nonfinite warn --no-explain --keep-dumps 1"
    command = [sys.executable, "-m", "nanhunt", "train", *small, *options.split(), "--save-dir", str(tmp_path)]
    written, code = on_a_terminal(command, interrupt_at=b"NON-FINITE")
    assert code == 130
    plain = ANSI.sub("", written).replace("\r", "\n")
    assert re.search(r"^NON-FINITE {2}epoch 0, iteration \d", plain, re.MULTILINE)
    assert re.search(r"^spread {6}\w", plain, re.MULTILINE)
    assert re.search(r"^Epoch 0 iteration 0000/0004: training loss \d+\.\d{3}; learning rate 1000", plain, re.MULTILINE)
    assert re.search(r"loss [\d.]+  gradient [\d.]+  lr 1e\+08 ", plain)
    assert "ending after this iteration, with a checkpoint" in plain
    assert re.search(r"^checkpoint: ", plain, re.MULTILINE)
    assert written.rindex("\x1b[?25h") > written.rindex("\x1b[?25l")
