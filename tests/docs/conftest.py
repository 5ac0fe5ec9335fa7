"""One sandbox for all commands of the documentation."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from sandbox import Sandbox  # noqa: E402


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory):
    """A folder with what the commands name; see sandbox.py."""
    made = Sandbox(tmp_path_factory.mktemp("docs"))
    yield made
    made.close()
