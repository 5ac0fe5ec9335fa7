"""A recording of a terminal as one animated SVG: a command runs on a pseudo-terminal, and what its screen shows is drawn."""

import fcntl
import html
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time

import output
import pyte

COLUMNS, ROWS = 80, 40
EVERY = 1.0  # seconds from one look at the screen to the next
LONGEST = 1.5  # seconds that one frame stays, however long the screen stood still
END = 8.0  # seconds that the last one stays
WIDE, HIGH = 8.43, 18.0  # pixels of one character at 14 px
COLOURS = {
    "default": "#d8dee9",
    "red": "#ff7b72",
    "green": "#7ee787",
    "brown": "#e3b341",
    "yellow": "#e3b341",
    "blue": "#79c0ff",
    "magenta": "#d2a8ff",
    "cyan": "#56d4dd",
    "white": "#f0f6fc",
    "black": "#6e7681",
}


def record(command, folder):
    """Run a command as typed at a prompt.

    Returns: a list of (seconds, rows); a row is a tuple of (column, text, colour, bold).
    """
    environment = output.environment()
    for name in ("NO_COLOR", "COLUMNS"):
        environment.pop(name)
    environment["TERM"] = "xterm-256color"
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    screen = pyte.Screen(COLUMNS, ROWS)
    stream = pyte.ByteStream(screen)
    stream.feed(("$ " + command + "\r\n").encode("utf-8"))
    frames = [(1.0, rows_of(screen))]
    process = subprocess.Popen(command, shell=True, cwd=str(folder), env=environment, stdin=slave, stdout=slave, stderr=slave)
    os.close(slave)
    since, looked = time.monotonic(), time.monotonic()
    while True:
        ready = select.select([master], [], [], EVERY)[0]
        try:
            data = os.read(master, 65536) if ready else b""
        except OSError:  # Linux: the other side is closed
            break
        if ready and not data:
            break
        stream.feed(data)
        now = time.monotonic()
        rows = rows_of(screen)
        if now - looked >= EVERY and rows != frames[-1][1]:
            frames[-1] = (min(now - since, LONGEST), frames[-1][1])
            frames.append((1.0, rows))
            since = now
        looked = now if now - looked >= EVERY else looked
    process.wait()
    frames.append((END, rows_of(screen)))
    print("recorded %d frames; exit code %d" % (len(frames), process.returncode), file=sys.stderr)
    return frames


def rows_of(screen):
    """What the screen shows, as runs of characters that look the same."""
    rows = []
    for number in range(screen.lines):
        runs, line = [], screen.buffer[number]
        for column in range(screen.columns):
            cell = line[column]
            look = (cell.fg, cell.bold)
            if runs and runs[-1][2:] == look:
                runs[-1] = (runs[-1][0], runs[-1][1] + cell.data, *look)
            else:
                runs.append((column, cell.data, *look))
        rows.append(tuple((column, text.rstrip(), fg, bold) for column, text, fg, bold in runs if text.strip()))
    return tuple(rows)


def svg(frames, title):
    """The frames below each other behind a window that jumps from one to the next; equal rows are drawn once and used again."""
    width, height = COLUMNS * WIDE + 24, ROWS * HIGH + 24
    numbers, drawn, pictures, steps = {}, [], [], []
    total, at = sum(seconds for seconds, _ in frames), 0.0
    for number, (seconds, rows) in enumerate(frames):
        uses = []
        for row, runs in enumerate(rows):
            if not runs:
                continue
            if runs not in numbers:
                numbers[runs] = len(numbers)
                drawn.append('<g id="r%d">%s</g>' % (numbers[runs], "".join(map(_run, runs))))
            uses.append('<use href="#r%d" y="%g"/>' % (numbers[runs], row * HIGH + HIGH))
        pictures.append('<g transform="translate(12 %g)">%s</g>' % (number * height + 8, "".join(uses)))
        steps.append("%.3f%% { transform: translateY(-%gpx) }" % (100 * at / total, number * height))
        at += seconds
    last = (len(frames) - 1) * height
    style = (
        "text { font: 14px ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace; white-space: pre }\n"
        ".b { font-weight: bold }\n"
        "#film { animation: film %.1fs step-end infinite }\n"
        "@keyframes film { %s 100%% { transform: translateY(-%gpx) } }\n"
        "@media (prefers-reduced-motion: reduce) { #film { animation: none; transform: translateY(-%gpx) } }"
    ) % (total, " ".join(steps), last, last)
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" width="%g" height="%g" viewBox="0 0 %g %g" role="img" aria-label="%s">\n'
        "<style>\n%s\n</style>\n<defs>\n%s\n</defs>\n"
        '<rect width="100%%" height="100%%" rx="8" fill="#161b22"/>\n<g id="film">\n%s\n</g>\n</svg>\n'
    ) % (width, height, width, height, html.escape(title), style, "\n".join(drawn), "\n".join(pictures))


def _run(run):
    column, text, colour, bold = run
    fill = COLOURS.get(colour, "#" + colour if len(colour) == 6 else COLOURS["default"])
    length = ' textLength="%g"' % (len(text) * WIDE) if len(text) > 1 else ""
    return '<text x="%g" fill="%s"%s%s>%s</text>' % (
        column * WIDE,
        fill,
        length,
        ' class="b"' if bold else "",
        html.escape(text, quote=False),
    )
