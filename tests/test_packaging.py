"""What is installed: one package, whole, with its probes as files, and one version."""

import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

import nanhunt

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = {
    path.relative_to(ROOT).as_posix()
    for folder in (ROOT / "nanhunt", ROOT / "nanhunt" / "probes")  # glob follows no links
    for path in folder.rglob("*")
    if path.is_file() and path.suffix != ".pyc"
}
"""Every file of the package: modules, templates, py.typed."""

BUILD = "import sys; from setuptools import build_meta; getattr(build_meta, sys.argv[1])(sys.argv[2])"


def build(what, folder, destination):
    """Build with the setuptools of this environment: no network, no pip."""
    output = subprocess.run(
        [sys.executable, "-c", BUILD, f"build_{what}", str(destination)],
        cwd=str(folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert output.returncode == 0, output.stdout.decode()


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A folder with an sdist, the wheel from a checkout, and, in `from-sdist`, the wheel from that sdist."""
    for name, version in (("setuptools", "64"), ("wheel", "0.30")):
        pytest.importorskip(name, version, reason=f"builds need the {name} that the constraints pin")
    folder = tmp_path_factory.mktemp("built")
    checkout = folder / "checkout"
    checkout.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(str(ROOT / name), str(checkout))
    for name in ("nanhunt", "probes", "tests"):
        ignore = shutil.ignore_patterns("__pycache__", "*.pyc")
        shutil.copytree(str(ROOT / name), str(checkout / name), symlinks=True, ignore=ignore)
    shutil.copy(str(ROOT / "train.py"), str(checkout))

    build("sdist", checkout, folder)
    build("wheel", checkout, folder)
    with tarfile.open(str(next(folder.glob("*.tar.gz")))) as archive:
        archive.extractall(str(folder / "unpacked"))
    (folder / "from-sdist").mkdir()
    build("wheel", next((folder / "unpacked").iterdir()), folder / "from-sdist")
    return folder


@pytest.mark.parametrize("origin", [".", "from-sdist"])
def test_a_wheel_installs_the_whole_package_and_nothing_else(built, origin):
    with zipfile.ZipFile(str(next((built / origin).glob("*.whl")))) as wheel:
        names = set(wheel.namelist())
        top_level = {name.partition("/")[0] for name in names}
        assert top_level == {"nanhunt", f"nanhunt-{nanhunt.__version__}.dist-info"}
        assert {name for name in names if name.startswith("nanhunt/")} == PACKAGE
        assert all(wheel.read(f"nanhunt/probes/{path.name}") == path.read_bytes() for path in (ROOT / "probes").glob("*.py"))


def test_the_sdist_holds_files_where_the_checkout_has_a_link(built):
    with tarfile.open(str(next(built.glob("*.tar.gz")))) as archive:
        probes = [member for member in archive.getmembers() if "probes/" in member.name]
        assert not any(member.issym() or member.islnk() for member in archive.getmembers())
        assert {Path(member.name).name for member in probes} == {path.name for path in (ROOT / "probes").glob("*.py")}


def test_one_version_everywhere(built):
    version = re.escape(nanhunt.__version__)
    assert re.match(rf"nanhunt-{version}\.tar\.gz", next(built.glob("*.tar.gz")).name)
    assert re.match(rf"nanhunt-{version}-py3-none-any\.whl", next(built.glob("*.whl")).name)


def test_every_folder_of_the_package_is_a_package():
    for folder in {(ROOT / name).parent for name in PACKAGE if name.endswith(".py")}:
        assert (folder / "__init__.py").is_file()


def test_every_environment_is_pinned_to_what_the_extras_ask_for():
    extras = (ROOT / "pyproject.toml").read_text()
    for name in ("mxnet==1.9.1", "mxnet-mkl==1.4.1", "mxnet-mkl==1.6.0", "gluoncv==0.7.0", "gluoncv==0.10.5.post0"):
        assert f'"{name}"' in extras
        assert any(name in path.read_text().splitlines() for path in (ROOT / "constraints").glob("*.txt"))
    for path in (ROOT / "constraints").glob("*.txt"):
        for line in path.read_text().splitlines():
            assert re.match(r"#|[A-Za-z0-9._-]+==[0-9A-Za-z.]+$", line), f"{path.name}: {line}"
