"""Small synthetic datasets, whole and to be damaged."""

import os
import shutil
from pathlib import Path

import pytest

from nanhunt.data.synthetic import generate


@pytest.fixture(scope="session")
def whole(tmp_path_factory):
    """Ten images in good order: seven to train, one to validate, two to test. Not to be written to."""
    return generate(tmp_path_factory.mktemp("synthetic") / "mhp", images=10, seed=5)


@pytest.fixture
def copy(whole, tmp_path):
    """The same ten images, to be damaged."""
    return Path(shutil.copytree(str(whole), str(tmp_path / "mhp")))


@pytest.fixture
def shared_photos():
    """Five real photographs that lie beside the checkout; they may not be distributed with the project."""
    base = os.environ.get("NANHUNT_SHARED_DATA")
    root = (Path(base) if base else Path(__file__).resolve().parents[3] / "shared" / "data") / "mhp-sample"
    if not root.is_dir():
        pytest.skip("the sample photographs are not here; set NANHUNT_SHARED_DATA to the folder that holds mhp-sample")
    return root
