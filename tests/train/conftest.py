"""A small dataset in LV-MHP-v1's layout, and runs of `nanhunt train` on it."""

import numpy as np
import pytest
from PIL import Image

from nanhunt.cli import main


@pytest.fixture(scope="session")
def mhp_root(tmp_path_factory):
    """Ten images of a few rectangles, one or two persons in each, every one of the 19 labels somewhere."""
    root = tmp_path_factory.mktemp("mhp")
    (root / "images").mkdir()
    (root / "annotations").mkdir()
    draw = np.random.RandomState(0)
    names = []
    for number in range(1, 11):
        pixels = draw.randint(0, 256, (1, 1, 3)) * np.ones((72, 88, 1))
        persons = 1 + number % 2
        for person in range(1, persons + 1):
            mask = np.zeros((72, 88), dtype=np.uint8)
            for _ in range(4):
                y, x, label = draw.randint(0, 40), draw.randint(0, 50), draw.randint(1, 19)
                mask[y : y + 30, x : x + 25] = label
                pixels[y : y + 30, x : x + 25] = draw.randint(0, 256, 3)
            Image.fromarray(mask).save(str(root / "annotations" / ("%04d_%02d_%02d.png" % (number, persons, person))))
        pixels = np.clip(pixels + draw.randn(72, 88, 3) * 8, 0, 255)
        Image.fromarray(pixels.astype(np.uint8)).save(str(root / "images" / ("%04d.jpg" % number)))
        names.append("%04d.jpg" % number)
    (root / "train_list.txt").write_text("\n".join(names) + "\n")
    (root / "test_list.txt").write_text("0001.jpg\n")
    return root


@pytest.fixture
def small(mhp_root):
    """Options of a run that takes seconds."""
    text = "--dataset mhp --backbone resnet18 --no-pretrained-base --base-size 64 --crop-size 64 --batch-size 2 --epochs 2"
    more = f"--log-interval 1 --workers 0 --lr 0.01 --no-val --data-root {mhp_root}"
    return f"{text} {more}".split()


@pytest.fixture
def run(capsys, tmp_path, small):
    """Run `nanhunt train` with the small options and more; the exit code, standard output and standard error."""

    def run(*more):
        code = main(["train", *small, "--save-dir", str(tmp_path / "run"), *map(str, more)])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run
