"""The fenced blocks of the documentation, and what its hidden comments say about running them.

In front of a fence, unseen on the page:

    <!-- test: exit 3 -->          run it; each command ends with this code (0 if not given)
    <!-- test: add --dry-run -->   run it with that added to each command
    <!-- test: parse: REASON -->   only parse it: REASON why it cannot run in the tests
    <!-- test: after CODE -->      of Python: CODE runs before it
    <!-- output: ... -->           `make docs-output` and `make soak` run it (tools/docs/output.py); parsed here
"""

import re
import shlex
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(
    r"^(?:<!-- (?P<kind>test|output):(?P<how>[^\n]*?)-->\n)?^```(?P<head>[^\n`]*)\n(?P<text>.*?)^```$", re.M | re.S
)
TRAINING = ("train", "sweep", "preflight", "selftest", "launch")
SHELL = ("", "sh", "console", "text")


class Block(NamedTuple):
    """One fence.

    Attributes:
        place: page and line.
        language: the word behind the fence.
        kind, how: of the comment before it; empty where there is none.
    """

    place: str
    language: str
    text: str
    kind: str
    how: str

    def why_not(self, words=()):
        """The reason why a command of it, or its Python, is not run; None if it is."""
        if self.kind == "output":
            return "make docs-output and make soak run it"
        if self.how.startswith("parse:"):
            return self.how[len("parse:") :].strip()
        if words[1:2] and words[1] in TRAINING and not {"--dry-run", "--list"} & set(words):
            return "it trains, or builds a network of full size"
        return None

    @property
    def commands(self):
        """Its shell commands, as typed: behind `$ ` in what was printed, else lines that begin with a program's name."""
        lines = self.text.replace("\\\n", " ").splitlines()
        if any(line.startswith("$ ") for line in lines):
            return [line[2:] for line in lines if line.startswith("$ ")]
        if self.language == "console" or self.language not in SHELL:
            return []
        return [line for line in lines if re.match(r"(nanhunt|python|make|pip) [-a-zA-Z.\[\"]", line)]

    def words(self, command):
        """A command's words, without its comment; what stands in brackets may be left out, and … stands for more."""
        words = shlex.split(re.sub(r" \[--.*?\]| …", "", command), comments=True)
        return words + (shlex.split(self.how[len("add ") :]) if self.how.startswith("add ") else [])

    @property
    def code(self):
        """The exit code that each of its commands ends with."""
        found = re.match(r"exit (\d+)", self.how)
        return int(found.group(1)) if found else 0


def blocks():
    """Every block of every page."""
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for found in FENCE.finditer(text):
            line = text[: found.start()].count("\n") + 1
            language = found.group("head").split(" ")[0]
            kind, how = found.group("kind") or "", (found.group("how") or "").strip()
            yield Block("%s:%d" % (page.relative_to(ROOT), line), language, found.group("text"), kind, how)


def commands(program):
    """(block, words) of every command of a program."""
    for block in blocks():
        for command in block.commands:
            words = block.words(command)
            if words[0] == program:
                yield block, words
