"""Every command that the documentation shows is one that works: parsed by the program's parsers, and run where a test can."""

import re
from importlib import import_module

import pytest
from blocks import PAGES, ROOT, blocks, commands

from nanhunt.cli import COMMANDS, Parser

SHOWN = list(commands("nanhunt"))
RUN = {(block.code, *words): (block, words) for block, words in SHOWN if block.why_not(words) is None}
"""Each once, however often it is shown."""


def named(pair):
    return "%s-%s" % (pair[0].place, " ".join(pair[1][1:])[:60])


@pytest.mark.parametrize("shown", SHOWN, ids=named)
def test_a_command_can_be_parsed(shown):
    block, words = shown
    command = next((each for each in COMMANDS if each.name == words[1]), None)
    assert command is not None, "%s: there is no `nanhunt %s`" % (block.place, words[1])
    parser = Parser(prog="nanhunt", allow_abbrev=False)
    import_module(command.module).prepare_parser(parser)
    parser.parse_args(words[2:])


@pytest.mark.parametrize("shown", list(RUN.values()), ids=named)
def test_a_command_runs(sandbox, shown):
    """See blocks.py for the comment that says what a block ends with, or why it cannot run here."""
    block, words = shown
    code, told = sandbox.nanhunt(words[1:])
    assert code == block.code, "%s: expected exit code %d, got %d\n%s" % (block.place, block.code, code, told[-3000:])


def test_each_command_that_is_not_run_says_why():
    for block, words in SHOWN:
        assert block.why_not(words) is None or len(block.why_not(words)) > 8, block.place


def test_the_targets_of_make_are_there():
    targets = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    shown = {words[1] for _, words in commands("make")}
    shown |= set(re.findall(r"`make ([a-z0-9-]+)", "".join(page.read_text(encoding="utf-8") for page in PAGES)))
    assert shown and shown <= targets


def test_every_command_is_shown_somewhere():
    assert {words[1] for _, words in SHOWN} == {command.name for command in COMMANDS}


def test_comments_that_say_how_to_run_a_block_stand_before_a_block():
    """One that does not is a slip that would leave a block out."""
    text = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    assert len(re.findall(r"^<!-- (?:test|output):", text, re.MULTILINE)) == sum(1 for block in blocks() if block.kind)
