"""Run the commands of a page of the documentation and write what they print into it.

    python tools/docs/output.py docs/tutorial.md            # make docs-output
    python tools/docs/output.py --check docs/tutorial.md    # only that they end as they should; part of make soak

A block to be filled in is a `console` fence behind a comment, with commands behind `$ `; all others of its lines are replaced:

    <!-- output: exit 3, keep 12 8 -->

`exit` is the exit code of the block's last command (0), `keep` the number of lines at its beginning and end that are kept. All
blocks of a page run in one folder, one after the other, with the files of docs/files in it. The pictures of
`pictures.py` are made from what is left there.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FILES = ROOT / "docs" / "files"
BLOCK = re.compile(r"^<!-- output:(?P<how>.*?)-->\n```console\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def commands_of(body):
    """The commands of a block: what stands behind `$ `, with its continuation lines."""
    return re.findall(r"^\$ ((?:.*\\\n)*.*)$", body, re.MULTILINE)


def environment():
    """That of a reader: 80 columns, no colours, this checkout's nanhunt. `nanhunt` and `python` are what PATH says."""
    return dict(
        os.environ,
        PYTHONPATH=str(ROOT),
        COLUMNS="80",
        NO_COLOR="1",
        TERM="dumb",
        PYTHONUNBUFFERED="1",
    )


def run(command, folder):
    """Returns: exit code, and what it printed."""
    print("$ " + command, flush=True)
    done = subprocess.run(
        command, shell=True, cwd=str(folder), env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    told = CONTROL.sub("", done.stdout).replace(str(Path.home()), "~").strip("\n")
    lines = [line.rstrip() for line in told.splitlines()]
    print("\n".join(lines[-3:]), "\nexit code", done.returncode, flush=True)
    return done.returncode, lines


def shortened(lines, how):
    """The first and the last lines as `keep` says, an ellipsis between them."""
    keep = re.search(r"keep (\d+) (\d+)", how)
    if keep is None:
        return lines
    first, last = map(int, keep.groups())
    if len(lines) <= first + last + 1:
        return lines
    return [*lines[:first], "…", *lines[len(lines) - last :]]


def filled(text, folder):
    """The page with every block's output as it is now.

    Raises:
        SystemExit: a command did not end as the page says.
    """

    def fill(match):
        expected = int((re.search(r"exit (\d+)", match["how"]) or [0, 0])[1])
        out = []
        commands = commands_of(match["body"])
        for number, command in enumerate(commands):
            code, lines = run(command, folder)
            wanted = expected if number == len(commands) - 1 else 0
            if code != wanted:
                raise SystemExit("\n".join([*lines, "expected exit code %d, got %d: %s" % (wanted, code, command)]))
            out += ["$ " + command, *shortened(lines, match["how"])]
        return "<!-- output:%s-->\n```console\n%s\n```" % (match["how"], "\n".join(out))

    return BLOCK.sub(fill, text)


def main():
    """Fill in the pages that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pages", nargs="+", type=Path)
    parser.add_argument("--check", action="store_true", help="run them, and write nothing")
    arguments = parser.parse_args()
    for page in arguments.pages:
        folder = Path(tempfile.mkdtemp())
        for file in FILES.iterdir():
            shutil.copy(str(file), str(folder))
        text = filled(page.read_text(encoding="utf-8"), folder)
        if not arguments.check:
            page.write_text(text, encoding="utf-8")
            subprocess.check_call([sys.executable, str(Path(__file__).with_name("pictures.py")), str(folder)])
        shutil.rmtree(str(folder))


if __name__ == "__main__":
    main()
