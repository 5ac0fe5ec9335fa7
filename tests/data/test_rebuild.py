"""A batch is made again out of what a dump keeps of it, wherever the dataset lies, or it is said what is in the way."""

import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from damage import masks_of, save_labels
from layouts import LAYOUTS
from PIL import Image

from nanhunt.data.gray import Chroma
from nanhunt.data.loader import BatchLoader
from nanhunt.data.reading import Steps
from nanhunt.data.rebuild import described, rebuild_batch
from nanhunt.data.recipe import Recipe
from nanhunt.data.source import Source
from nanhunt.dump.reader import DumpReader
from nanhunt.dump.record import Record
from nanhunt.dump.writer import write
from nanhunt.errors import DataError, UsageError
from nanhunt.report.rebuilt import print_rebuilt


def dumped(recipe, path, dtype="float32", **loading):
    """A dump of a training batch over two devices, as `nanhunt train` writes it."""
    dataset = recipe.dataset(loading.pop("skip", ()))
    batch = list(BatchLoader(dataset, recipe.transform(), min(3, len(dataset)), seed=6, **loading).epoch(1))[-1]
    samples, arrays = [], {}
    for device, rows in (("cpu(0)", slice(0, 2)), ("cpu(1)", slice(2, None))):
        arrays[f"{device}/data"], arrays[f"{device}/label"] = batch.data[rows].astype(dtype), batch.label[rows]
        for row, each in enumerate(batch.samples[rows]):
            files = [list(file) for file in each.files]
            samples.append(
                {"index": each.index, "path": each.path, "draws": each.draws, "files": files, "device": device, "row": row}
            )
    data = json.loads(json.dumps(described(recipe, dataset.root)))
    iteration = {"epoch": 1, "iteration": 0, "step": 3, "samples": samples, "data": data}
    write(Record("non-finite", {}, {}, iteration, arrays, {}, {}), path)
    return batch


def rebuilt(path, root=None):
    with DumpReader(path) as reader:
        return rebuild_batch(reader.record, root)


def mhp(root, **more):
    return Recipe(Source("mhp", root), "train", base_size=72, crop_size=64, **more)


@pytest.mark.parametrize("name", list(LAYOUTS))
def test_any_dataset_is_rebuilt_after_it_has_moved(tmp_path, name):
    if name != "folder":
        pytest.importorskip("gluoncv")
    if name == "coco":
        pytest.importorskip("pycocotools")
    root = LAYOUTS[name](tmp_path / "here")
    more = {"images": Path("pictures"), "masks": Path("labels"), "num_class": 3} if name == "folder" else {}
    recipe = Recipe(Source(name, root, **more), base_size=40, crop_size=48, resize="none")
    dumped(recipe, tmp_path / "dump.h5")
    assert rebuilt(tmp_path / "dump.h5").equal
    root.rename(tmp_path / "there")
    found = rebuilt(tmp_path / "dump.h5", tmp_path / "there")
    assert found.equal and found.root == tmp_path / "there"
    with pytest.raises(UsageError):
        rebuilt(tmp_path / "dump.h5")


def test_folders_named_from_the_current_folder_move_too(tmp_path, monkeypatch):
    root = LAYOUTS["folder"](tmp_path / "here")
    monkeypatch.chdir(str(root))
    (root / "val.txt").write_text("val/3\n")
    source = Source("folder", None, Path("pictures"), Path("labels"), val_list=Path("val.txt"), num_class=3)
    dumped(Recipe(source, base_size=40, crop_size=48, resize="none"), tmp_path / "dump.h5")
    monkeypatch.chdir(str(tmp_path))
    assert rebuilt(tmp_path / "dump.h5").equal
    shutil.copytree(str(root), str(tmp_path / "there"))
    assert rebuilt(tmp_path / "dump.h5", tmp_path / "there").equal


@pytest.mark.parametrize(
    "options",
    [
        {"steps": Steps(Chroma(100, 140), "smaller-on-top", 2)},
        {"resize": "direct", "crop": False},
        {"resize": "aspect"},
        {"augment": False},
    ],
)
def test_every_option_is_kept(copy, tmp_path, options):
    for path in sorted((copy / "images").iterdir())[::2]:
        Image.open(str(path)).convert("L").save(str(path))
    dumped(mhp(copy, **options), tmp_path / "dump.h5")
    assert rebuilt(tmp_path / "dump.h5").equal


def test_a_batch_of_float16_is_rounded_as_it_was(whole, tmp_path):
    dumped(mhp(whole), tmp_path / "dump.h5", dtype="float16")
    assert rebuilt(tmp_path / "dump.h5").equal


def test_entries_that_were_skipped_move_the_others_and_do_no_harm(whole, tmp_path):
    dumped(mhp(whole), tmp_path / "dump.h5", skip=["0001.jpg", "0004.jpg"])
    assert rebuilt(tmp_path / "dump.h5").equal


def test_masks_are_merged_in_the_order_that_another_machines_folder_had(copy, tmp_path, monkeypatch):
    listing = os.listdir
    monkeypatch.setattr(os, "listdir", lambda path: sorted(listing(path), reverse=True))
    size = mhp(copy).dataset().read(0).mask.shape
    for path in masks_of(copy, "0001"):
        path.unlink()
    for person, label in ((1, 3), (2, 5)):
        save_labels(copy / "annotations" / f"0001_02_{person:02d}.png", np.tri(*size) * label)
    recipe = Recipe(Source("mhp", copy, like="gluoncv-0.7"), base_size=72, crop_size=64)
    recipe.dataset().index.without([f"{number:04d}.jpg" for number in range(2, 9)])
    dumped(recipe, tmp_path / "dump.h5", skip=[f"{number:04d}.jpg" for number in range(2, 9)])
    monkeypatch.setattr(os, "listdir", lambda path: sorted(listing(path)))
    assert recipe.dataset().read(0).mask_paths[0].name == "0001_02_01.png"
    assert rebuilt(tmp_path / "dump.h5").equal


def test_what_has_changed_is_named_and_counted(copy, tmp_path, capsys):
    batch = dumped(mhp(copy), tmp_path / "dump.h5", shuffle=False)
    first, second, third = (Path(sample.path).stem for sample in batch.samples)
    Image.new("RGB", Image.open(str(copy / f"images/{first}.jpg")).size).save(str(copy / f"images/{first}.jpg"))
    (copy / f"images/{second}.jpg").unlink()
    mask = masks_of(copy, third)[0]
    Image.open(str(mask)).save(str(mask), compress_level=0)
    found = rebuilt(tmp_path / "dump.h5")
    assert not found.equal and [sample.equal for sample in found.samples] == [False, False, True]
    assert found.samples[0].pixels > 1000 and found.samples[0].labels == 0
    print_rebuilt(found)
    out = capsys.readouterr().out
    assert "is not the dumped one: 2 of 3 samples differ" in out
    told = (
        f"sample 0  images/{first}.jpg: {found.samples[0].pixels} pixels and 0 labels differ; since then: images/{first}.jpg "
    )
    assert told + "changed" in out
    assert f"sample 1  images/{second}.jpg: Expected a file at" in out
    assert "sample 2" not in out


def test_an_entry_that_left_the_list_and_a_mask_that_is_gone_are_told(copy, tmp_path, capsys):
    batch = dumped(mhp(copy), tmp_path / "dump.h5", shuffle=False)
    names = [Path(sample.path).name for sample in batch.samples]
    listed = (copy / "train_list.txt").read_text().split()
    (copy / "train_list.txt").write_text("\n".join(name for name in listed if name != names[0]))
    several = next(name for name in names[1:] if len(masks_of(copy, name[:4])) > 1)
    masks_of(copy, several[:4])[0].unlink()
    print_rebuilt(rebuilt(tmp_path / "dump.h5"))
    out = capsys.readouterr().out
    assert f"images/{names[0]}: no such entry in mhp train" in out
    assert f"annotations/{several[:4]}_" in out and " is gone" in out


def test_arrays_that_the_program_changed_are_told_from_files_that_changed(whole, tmp_path, capsys):
    recipe = mhp(whole)
    dumped(recipe, tmp_path / "dump.h5")
    with DumpReader(tmp_path / "dump.h5") as reader:
        batch = {name: np.array(reader.record.batch[name]) for name in reader.record.batch}
        batch["cpu(0)/data"][1, 2, 5, 7] = np.nan
        found = rebuild_batch(replace(reader.record, batch=batch))
    assert [sample.pixels for sample in found.samples] == [0, 1, 0]
    print_rebuilt(found)
    assert "its files are the same: the arrays in the dump were changed" in " ".join(capsys.readouterr().out.split())


def test_a_synthetic_dataset_is_drawn_anew_where_it_is_not_there(tmp_path, monkeypatch):
    from nanhunt.data.synthetic import folder

    monkeypatch.setattr(folder, "IMAGES", 4)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    dumped(Recipe(Source("synthetic-mhp"), base_size=40, crop_size=32), tmp_path / "dump.h5")
    assert rebuilt(tmp_path / "dump.h5").equal
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "another"))
    shutil.rmtree(str(tmp_path / "cache"))
    assert rebuilt(tmp_path / "dump.h5").equal
    with pytest.raises(UsageError, match="--data-root"):
        rebuilt(tmp_path / "dump.h5", tmp_path / "nowhere")


@pytest.mark.parametrize("data", [None, {"split": "train"}, {"source": {"name": "mhp", "what": 1}, "steps": {"chroma": None}}])
def test_a_dump_that_does_not_tell_is_one_line(whole, tmp_path, data):
    dumped(mhp(whole), tmp_path / "dump.h5")
    with DumpReader(tmp_path / "dump.h5") as reader:
        iteration = {**reader.record.iteration, "data": data}
        with pytest.raises((UsageError, DataError), match="^Expected [^\n]*$"):
            rebuild_batch(replace(reader.record, iteration=iteration))
