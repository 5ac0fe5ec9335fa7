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
from typing import List, NamedTuple, NoReturn, Optional, Sequence, Tuple

from nanhunt._version import __version__
from nanhunt.errors import EXIT_ERROR, EXIT_INTERRUPTED, EXIT_OK, NanhuntError, UsageError


class Command(NamedTuple):
    """One row of the table of commands. `help` repeats the module's HELP, so that `nanhunt --help` need not import it."""

    name: str
    module: str
    help: str


COMMANDS = (
    Command("train", "nanhunt.cli.train", "train a segmentation network, watched at every iteration"),
    Command(
        "preflight",
        "nanhunt.cli.preflight",
        "look at a training before it begins: what will hang, fail or go non-finite",
    ),
    Command("run", "nanhunt.cli.run", "run an MXNet program, unchanged, with every iteration watched"),
    Command("launch", "nanhunt.cli.launch", "start the scheduler, servers and workers of a distributed run on this machine"),
    Command("collect", "nanhunt.cli.collect", "join what the workers of a distributed run found into one verdict"),
    Command("replay", "nanhunt.cli.replay", "run a dumped iteration again, bit for bit, and explain it"),
    Command("sweep", "nanhunt.cli.sweep", "train with many settings, each until its first NaN or Inf, and compare"),
    Command(
        "selftest",
        "nanhunt.cli.selftest",
        "plant real faults into one's own training and see what is found, and what watching costs",
    ),
    Command("report", "nanhunt.cli.report", "write one self-contained HTML page about a dump"),
    Command("diff", "nanhunt.cli.diff", "compare two dumps: settings, arrays bit by bit, and what was observed"),
    Command("inspect-data", "nanhunt.cli.inspect_data", "look for everything in a dataset that can break a training run"),
    Command(
        "read-log",
        "nanhunt.cli.read_log",
        "say what training logs alone can tell of a NaN: where, whether it healed, data or chance",
    ),
)

_EXIT_CODES = """\
exit codes:
  0    nothing found; replay: reproduced bit for bit; run: or the program's own code
  1    something else went wrong
  2    usage
  3    found: a NaN or Inf (train, run, launch, collect, sweep, read-log), errors in the data (inspect-data)
  4    replay: not reproduced; diff: the dumps differ
  5    the run hung; sweep: one of them
  130  interrupted; 143 terminated
"""


class Parser(argparse.ArgumentParser):
    """An ArgumentParser whose errors are UsageErrors: two lines, not the whole usage.

    One that has a default for `program` takes only the options before the first other word (or `--`, or `-m`); that word and
    all behind it go to `program` as they stand. argparse.REMAINDER would drop a `--` of theirs, and swallows options before it.
    """

    def parse_known_args(  # type: ignore[override]
        self, args: Optional[Sequence[str]] = None, namespace: Optional[argparse.Namespace] = None
    ) -> Tuple[argparse.Namespace, List[str]]:
        if self.get_default("program") is None:
            return super().parse_known_args(args, namespace)
        words = list(sys.argv[1:] if args is None else args)
        end = self._end_of_options(words)
        parsed, unknown = super().parse_known_args(words[:end], namespace)
        parsed.program = words[end + 1 :] if words[end : end + 1] == ["--"] else words[end:]
        return parsed, unknown

    def _end_of_options(self, words: Sequence[str]) -> int:
        at = 0
        while at < len(words):
            word = words[at]
            if word in ("-", "--") or not word.startswith("-") or word.startswith("-m"):
                return at
            action = self._option_string_actions.get(word)
            at += 2 if action is not None and action.nargs is None else 1
        return len(words)

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
        with contextlib.suppress(AttributeError, ValueError):  # the program of `nanhunt run` has replaced or closed it
            _flush_stdout()
        return code
    except NanhuntError as error:
        return told(error)
    except KeyboardInterrupt:
        _say("interrupted")
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # The reader has gone, as in `nanhunt … | head`. Python flushes once more on its way out: give it somewhere to.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return EXIT_ERROR


def told(error: BaseException) -> int:
    """Say what went wrong; the exit code that belongs to it."""
    if not isinstance(error, NanhuntError) or os.environ.get("NANHUNT_TRACEBACK") == "1":
        traceback.print_exception(type(error), error, error.__traceback__)
    if not isinstance(error, NanhuntError):
        return EXIT_ERROR
    _say(str(error) or type(error).__name__)
    return error.exit_code


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


def _flush_stdout() -> None:
    """Where nobody takes it, what was found is in the exit code all the same."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def _say(message: str) -> None:
    """Print to stderr, behind all that went to stdout before."""
    with contextlib.suppress(OSError):
        sys.stdout.flush()
    print("nanhunt: " + "\n  ".join(message.splitlines()), file=sys.stderr)
