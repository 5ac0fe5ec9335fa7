"""The reference of the command line as Markdown, out of the parsers themselves."""

import argparse
import html
from importlib import import_module

from nanhunt.cli import _EXIT_CODES, COMMANDS, Parser

OPENING = """\
# Command line

Made from the program's own parsers. `nanhunt COMMAND --help` prints the same, `nanhunt --version` the version;
`python -m nanhunt` is the same program, and `python train.py` is `nanhunt train`.

| command | |
|---|---|
{commands}

## Exit codes

| code | meaning |
|---|---|
{codes}

`NANHUNT_TRACEBACK=1` in the environment adds to an error's one or two lines where it came from.
"""


def page():
    """The whole page."""
    commands = "\n".join("| [`nanhunt %s`](#%s) | %s |" % (each.name, each.name, _cell(each.help)) for each in COMMANDS)
    lines = [line.strip().split(None, 1) for line in _EXIT_CODES.splitlines()[1:] if line.strip()]
    codes = "\n".join("| %s | %s |" % (code, _cell(meaning)) for code, meaning in lines)
    return "\n".join([OPENING.format(commands=commands, codes=codes), *map(_command, COMMANDS)])


def parser_of(command):
    """The parser of one row of the table of commands."""
    module = import_module(command.module)
    parser = Parser(prog="nanhunt %s" % command.name, description=command.help, allow_abbrev=False)
    module.prepare_parser(parser)
    return parser


def _command(command):
    parser = parser_of(command)
    parts = ["## nanhunt %s { #%s }" % (command.name, command.name), _sentence(command.help)]
    parts.append("```text\n%s\n```" % _usage(parser))
    for group in parser._action_groups:
        actions = [action for action in group._group_actions if action.help != argparse.SUPPRESS]
        rows = [_row(parser, action) for action in actions if not isinstance(action, argparse._HelpAction)]
        if not rows:
            continue
        title = {"positional arguments": "arguments", "optional arguments": "options"}.get(group.title, group.title)
        parts.append("**%s**\n" % _sentence(title).rstrip("."))
        if group.description:
            parts.append(_cell(group.description) + "\n")
        parts.append("| option | |\n|---|---|\n" + "\n".join(rows))
    if parser.epilog:
        parts.append(_sentence(_cell(parser.epilog)))
    return "\n\n".join(parts) + "\n"


def _usage(parser):
    if parser.usage:
        return parser.usage.replace("%(prog)s", parser.prog)
    words = [parser.prog, "[options]"]
    for action in parser._get_positional_actions():
        words.append(parser._get_formatter()._format_args(action, (action.metavar or action.dest).upper()))
    return " ".join(words)


def _row(parser, action):
    formatter = parser._get_formatter()
    name = formatter._format_action_invocation(action) if action.option_strings else (action.metavar or action.dest)
    text = formatter._expand_help(action) if action.help else ""
    if action.required and action.option_strings:
        text += " (required)"
    return "| `%s` | %s |" % (name.replace("|", "\\|"), _cell(text))


def _cell(text):
    """Text that is no Markdown, on one line of a table."""
    text = html.escape(" ".join(text.split()), quote=False)
    for sign in "*_[]|":
        text = text.replace(sign, "\\" + sign) if sign != "_" else text
    return text


def _sentence(text):
    return text[0].upper() + text[1:] + ("" if text.endswith((".", ")")) else ".")
