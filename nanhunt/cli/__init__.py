"""The command line: finds the command, runs it, and turns what went wrong into a line and an exit code.

A command is a module with `NAME`, `HELP`, `prepare_parser(parser)` and `run(arguments) -> int`.
It is imported only when it is asked for.
"""

import argparse
import contextlib
import os
import sys
import traceback
from importlib import import_module
from typing import NamedTuple, NoReturn, Optional, Sequence

from nanhunt._version import __version__
from nanhunt.errors import EXIT_ERROR, EXIT_INTERRUPTED, EXIT_OK, NanhuntError, UsageError


class Command(NamedTuple):
    """One row of the table of commands. `help` repeats the module's HELP, so that `nanhunt --help` need not import it."""

    name: str
    module: str
    help: str


COMMANDS = (
    Command("train", "nanhunt.cli.train", "train a segmentation network, watched at every iteration"),
    Command("replay", "nanhunt.cli.replay", "run a dumped iteration again, bit for bit, and explain it"),
    Command("inspect-data", "nanhunt.cli.inspect_data", "look for everything in a dataset that can break a training run"),
)

_EXIT_CODES = """\
exit codes:
  0    nothing found; replay: reproduced bit for bit
  1    something else went wrong
  2    usage
  3    found: a NaN or Inf (train), errors in the data (inspect-data)
  4    replay: not reproduced
  5    the run hung
  130  interrupted; 143 terminated
"""


class Parser(argparse.ArgumentParser):
    """An ArgumentParser whose errors are UsageErrors: two lines, not the whole usage."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}\nsee `{self.prog} --help`")


def main(argv: Optional[Sequence[str]] = None) -> int:
    """Run one command line and return its exit code.

    Errors that nanhunt raises on purpose become one or two lines on stderr; NANHUNT_TRACEBACK=1 shows where they came from.
    All others propagate, with their traceback.
    """
    _open_closed_streams()
    try:
        code = _run(list(sys.argv[1:] if argv is None else argv))
        sys.stdout.flush()
        return code
    except NanhuntError as error:
        if os.environ.get("NANHUNT_TRACEBACK") == "1":
            traceback.print_exc()
        _say(str(error) or type(error).__name__)
        return error.exit_code
    except KeyboardInterrupt:
        _say("interrupted")
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # The reader has gone, as in `nanhunt … | head`. Python flushes once more on its way out: give it somewhere to.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return EXIT_ERROR


def _run(argv: Sequence[str]) -> int:
    asked = next((command for command in COMMANDS if argv and command.name == argv[0]), None)
    module = import_module(asked.module) if asked else None

    parser = Parser(
        prog="nanhunt",
        description="Finds the NaN in a training run, proves where it came from, and says what to do about it.",
        epilog=_EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"nanhunt {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", dest="command")
    commands.required = True
    for command in COMMANDS:
        subparser = commands.add_parser(
            command.name, help=command.help, description=_sentence(command.help), allow_abbrev=False
        )
        if module and command is asked:
            module.prepare_parser(subparser)

    try:
        arguments = parser.parse_args(argv)
    except SystemExit:  # --help and --version, printed
        return EXIT_OK
    assert module is not None
    return int(module.run(arguments))


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def _open_closed_streams() -> None:
    """Open what was closed before the start (`>&-`) on nothing.

    Otherwise the next file to be opened, perhaps a dump, gets the closed number and what the framework prints to it.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode))  # noqa: SIM115


def _say(message: str) -> None:
    """Print to stderr, behind all that went to stdout before."""
    with contextlib.suppress(OSError):
        sys.stdout.flush()
    print("nanhunt: " + "\n  ".join(message.splitlines()), file=sys.stderr)
