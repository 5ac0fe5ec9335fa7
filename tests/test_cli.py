"""The command line's frame: what is printed where, and the exit code."""

import os
import subprocess
import sys
from importlib import import_module
from types import ModuleType

import pytest

import nanhunt
from nanhunt import cli
from nanhunt.errors import DumpDamagedError, NanhuntError, UsageError


@pytest.fixture
def command(monkeypatch):
    """Puts a command `try` into the table; call it with what `run` shall do."""

    def install(run):
        module = ModuleType("a_command")
        module.prepare_parser = lambda parser: parser.add_argument("--number", type=int)
        module.run = run
        monkeypatch.setitem(sys.modules, "a_command", module)
        monkeypatch.setattr(cli, "COMMANDS", (*cli.COMMANDS, cli.Command("try", "a_command", "try it")))

    return install


def raising(error):
    def run(arguments):
        raise error

    return run


def nanhunt_process(*arguments, **options):
    return subprocess.Popen([sys.executable, "-m", "nanhunt", *arguments], stderr=subprocess.PIPE, text=True, **options)


@pytest.mark.parametrize("command", cli.COMMANDS, ids=lambda command: command.name)
def test_the_table_says_what_the_commands_say(command):
    module = import_module(command.module)
    assert (command.name, command.help) == (module.NAME, module.HELP)


@pytest.mark.parametrize("command", cli.COMMANDS, ids=lambda command: command.name)
def test_every_command_has_help(command, capsys):
    assert cli.main([command.name, "--help"]) == 0
    assert f"usage: nanhunt {command.name}" in capsys.readouterr().out


def test_help_lists_every_command(capsys):
    assert cli.main(["--help"]) == 0
    output = capsys.readouterr().out
    for command in cli.COMMANDS:
        assert command.name in output
        assert command.help in " ".join(output.split())


def test_version(capsys):
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out == f"nanhunt {nanhunt.__version__}\n"


@pytest.mark.parametrize(
    ("argv", "named"),
    [
        ([], "COMMAND"),
        (["trian"], "'trian'"),
        (["--verison"], "COMMAND"),
        (["try", "--number", "x"], "'x'"),
        (["try", "--num", "1"], "--num"),
    ],
)
def test_a_wrong_command_line_is_two_lines_and_exit_2(command, capsys, argv, named):
    command(lambda arguments: 0)
    assert cli.main(argv) == 2
    output, errors = capsys.readouterr()
    assert output == ""
    first, second = errors.splitlines()
    assert first.startswith("nanhunt: ")
    assert named in first
    assert second.endswith("--help`")


def test_the_exit_code_is_what_the_command_returns(command):
    command(lambda arguments: arguments.number)
    assert cli.main(["try", "--number", "4"]) == 4


@pytest.mark.parametrize(
    ("error", "code"), [(NanhuntError("a"), 1), (UsageError("b"), 2), (DumpDamagedError("c"), 1)], ids=lambda value: str(value)
)
def test_an_error_is_one_line_and_its_exit_code(command, capsys, error, code):
    command(raising(error))
    assert cli.main(["try"]) == code
    assert capsys.readouterr().err == f"nanhunt: {error}\n"


def test_the_second_line_of_an_error_is_indented(command, capsys):
    command(raising(UsageError("expected a dump\ngive one")))
    cli.main(["try"])
    assert capsys.readouterr().err == "nanhunt: expected a dump\n  give one\n"


def test_an_error_comes_behind_what_was_printed(command):
    code = "import sys; from nanhunt.cli import _say; print('first'); _say('second')"
    both = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert both.stdout.split() == [b"first", b"nanhunt:", b"second"]


def test_a_traceback_for_those_who_ask(command, capsys, monkeypatch):
    monkeypatch.setenv("NANHUNT_TRACEBACK", "1")
    command(raising(UsageError("no")))
    assert cli.main(["try"]) == 2
    errors = capsys.readouterr().err
    assert errors.startswith("Traceback")
    assert errors.endswith("nanhunt: no\n")


def test_an_unexpected_exception_keeps_its_traceback(command):
    command(raising(ZeroDivisionError("oh")))
    with pytest.raises(ZeroDivisionError):
        cli.main(["try"])


def test_ctrl_c_is_130(command, capsys):
    command(raising(KeyboardInterrupt()))
    assert cli.main(["try"]) == 130
    assert capsys.readouterr().err == "nanhunt: interrupted\n"


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_reader_that_left_is_no_error_message(unbuffered):
    process = nanhunt_process("--help", stdout=subprocess.PIPE, env=dict(os.environ, PYTHONUNBUFFERED=unbuffered))
    process.stdout.close()
    assert process.stderr.read() == ""
    assert process.wait() in (0, 1)  # argparse of Python 3.11 ignores that its print failed


@pytest.mark.parametrize(("closed", "code"), [(">&-", 0), ("2>&-", 0), (">&- 2>&- <&-", 0)])
def test_closed_streams_do_no_harm(closed, code):
    assert subprocess.call(["sh", "-c", f'"$0" -m nanhunt --version {closed}', sys.executable]) == code


def test_train_py_is_nanhunt_train():
    script = os.path.join(os.path.dirname(__file__), "..", "train.py")
    output = subprocess.run([sys.executable, script, "--help"], stdout=subprocess.PIPE, text=True, cwd="/")
    assert output.returncode == 0
    assert output.stdout.startswith("usage: nanhunt train")
