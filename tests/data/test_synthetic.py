"""The dataset that nanhunt draws: the same for the same seed, whole or not there, and worth training on."""

import hashlib
import shutil
from pathlib import Path

import numpy as np
import pytest
from damage import masks_of
from PIL import Image

from nanhunt.data.datasets import open_dataset
from nanhunt.data.synthetic import cache_root, ensure, generate, is_complete
from nanhunt.data.synthetic.scene import draw_scene
from nanhunt.errors import UsageError


def content(root):
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def test_the_same_seed_gives_the_same_files_and_another_seed_others(whole, tmp_path):
    again = generate(tmp_path / "again", images=10, seed=5)
    other = generate(tmp_path / "other", images=10, seed=6)
    assert content(again) == content(whole)
    assert content(other)["images/0001.jpg"] != content(whole)["images/0001.jpg"]


def test_an_image_does_not_depend_on_how_many_there_are(whole, tmp_path):
    fewer = content(generate(tmp_path / "fewer", images=3, seed=5))
    more = content(whole)
    assert all(more[name] == fewer[name] for name in fewer if name.endswith((".jpg", ".png")))


def test_a_scene_is_the_same_on_every_python_numpy_and_pillow():
    scene = draw_scene(np.random.RandomState([0, 2, 1]))
    digest = hashlib.sha256(scene.image.tobytes() + b"".join(mask.tobytes() for mask in scene.masks)).hexdigest()
    assert digest[:16] == "38086d355b4e3414"


def test_all_19_classes_occur_and_persons_overlap(tmp_path):
    root = generate(tmp_path / "mhp", images=40, seed=1)
    dataset = open_dataset("mhp", root, "all")
    seen, overlaps, sizes = set(), 0, set()
    for position in range(len(dataset)):
        raw = dataset.read(position)
        seen |= set(np.unique(raw.mask))
        sizes.add(raw.mask.shape)
        covered = sum((np.array(Image.open(str(path))) > 0).astype(int) for path in raw.mask_paths)
        overlaps += int((covered > 1).sum())
    assert seen == set(range(19))
    assert overlaps > 1000
    assert len(sizes) > 20


def test_some_images_are_gray(tmp_path):
    root = generate(tmp_path / "mhp", images=40, seed=1)
    modes = [Image.open(str(path)).mode for path in (root / "images").iterdir()]
    assert 0 < modes.count("L") < 10 and set(modes) == {"L", "RGB"}


def test_mask_names_declare_as_many_persons_as_there_are_masks(whole):
    for image in (whole / "images").iterdir():
        masks = masks_of(whole, image.stem)
        assert [path.stem for path in masks] == [f"{image.stem}_{len(masks):02d}_{i:02d}" for i in range(1, len(masks) + 1)]


def test_it_is_generated_on_first_use_into_the_cache_and_then_read(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr("nanhunt.data.synthetic.folder.IMAGES", 4)
    drawn = []
    monkeypatch.setattr("nanhunt.data.synthetic.folder.draw_scene", lambda random: drawn.append(1) or draw_scene(random))
    assert open_dataset("synthetic-mhp").name == "synthetic-mhp"
    assert len(open_dataset("synthetic-mhp", split="all")) == 4
    assert len(drawn) == 4
    assert cache_root(4).parent == tmp_path / "nanhunt" / "synthetic-mhp" and is_complete(cache_root(4))


def test_without_xdg_cache_home_the_cache_is_below_the_home_folder(tmp_path, monkeypatch):
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_root().parent == tmp_path / ".cache" / "nanhunt" / "synthetic-mhp"


@pytest.mark.parametrize("lost", ["images/0007.jpg", "annotations", "train_list.txt"])
def test_a_folder_that_lost_a_part_is_noticed_and_generated_again(whole, copy, lost):
    shutil.rmtree(str(copy / lost)) if (copy / lost).is_dir() else (copy / lost).unlink()
    assert not is_complete(copy)
    generate(copy, images=10, seed=5)
    assert content(copy) == content(whole)


def test_another_synthetic_dataset_is_replaced_when_asked_for_and_otherwise_kept(copy):
    assert ensure(copy) == copy and len(open_dataset("synthetic-mhp", copy, "all")) == 10
    generate(copy, images=3, seed=6)
    assert len(open_dataset("synthetic-mhp", copy, "all")) == 3


def test_nothing_is_left_behind_when_it_is_interrupted(tmp_path, monkeypatch):
    def interrupt(random):
        raise KeyboardInterrupt

    monkeypatch.setattr("nanhunt.data.synthetic.folder.draw_scene", interrupt)
    with pytest.raises(KeyboardInterrupt):
        generate(tmp_path / "mhp", images=4)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_other_files_is_left_alone(tmp_path):
    (tmp_path / "thesis.tex").write_text("precious")
    with pytest.raises(UsageError, match="found other files"):
        ensure(tmp_path)
    assert (tmp_path / "thesis.tex").read_text() == "precious"


def test_a_real_dataset_which_has_the_same_layout_is_left_alone(copy):
    (copy / "synthetic-mhp.json").unlink()
    before = content(copy)
    for attempt in (ensure, generate):
        with pytest.raises(UsageError, match="found other files"):
            attempt(copy)
    assert content(copy) == before


def test_a_folder_that_cannot_be_made_is_a_usage_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="--data-root"):
        ensure(Path(str(tmp_path / "file" / "mhp")))
