"""Asking for help loads neither a framework nor a number cruncher."""

import subprocess
import sys

import pytest

HEAVY = {"mxnet", "gluoncv", "h5py", "numpy", "PIL", "rich", "jinja2"}

CODE = """
import sys
from nanhunt.cli import main
assert main(sys.argv[1:]) == 0
print("loaded:", *sorted({name.partition(".")[0] for name in sys.modules}))
"""


def loaded(code, *arguments):
    output = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True)
    assert output.returncode == 0, output.stderr
    return set(output.stdout.splitlines()[-1].split()[1:])


COMMANDS = [
    [],
    ["train"],
    ["run"],
    ["replay"],
    ["report"],
    ["diff"],
    ["sweep"],
    ["inspect-data"],
    ["selftest"],
    ["selftest", "run"],
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help_is_light(command):
    assert not HEAVY & loaded(CODE, *command, "--help")


def test_importing_the_package_is_light():
    code = "import sys, nanhunt; nanhunt.NonFiniteError, nanhunt.Finding; print('loaded:', *sys.modules)"
    assert not HEAVY & loaded(code)


@pytest.mark.parametrize("name", ["Finding", "Hunt", "NanhuntError", "NonFiniteError", "watch"])
def test_every_public_name_is_there(name):
    code = (
        f"from nanhunt import {name}; import nanhunt; assert {name} is nanhunt.{name}; assert '{name}' in dir(nanhunt); print()"
    )
    loaded(code)


def test_watch_is_the_function_whatever_was_imported_before():
    loaded("import nanhunt.watching.start as home, nanhunt; assert nanhunt.watch is home.watch; print()")


def test_a_name_that_is_not_there():
    import nanhunt

    with pytest.raises(AttributeError, match="no attribute 'wach'"):
        nanhunt.wach  # noqa: B018
