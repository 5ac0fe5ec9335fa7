"""What the tests of read-log share."""

import os
from pathlib import Path

import pytest

from nanhunt.logs.log import read_log
from nanhunt.logs.summary import summarise


@pytest.fixture
def told(tmp_path):
    """Writes lines (or bytes) to a file and tells of it."""
    numbers = iter(range(10_000))

    def tell(lines, end="\n", name=None):
        path = tmp_path / (name or "%d.log" % next(numbers))
        path.write_bytes(lines if isinstance(lines, bytes) else (end.join(lines) + end).encode("utf-8"))
        return summarise(read_log(path))

    return tell


@pytest.fixture(scope="session")
def published_log():
    """The training log that GluonCV published of ICNet on MHP."""
    base = os.environ.get("NANHUNT_SHARED_DATA")
    root = Path(base) if base else Path(__file__).resolve().parents[3] / "shared" / "data"
    path = root / "icnet_resnet50_mhpv1.log"
    if not path.is_file():
        pytest.skip("no shared data: GluonCV's published log is not at %s" % path)
    return path
