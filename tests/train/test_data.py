"""`nanhunt train` and its data: the same losses run after run, every option, entries left out, a dumped batch made again."""

import re
import shutil

import numpy as np
import pytest
from PIL import Image

from nanhunt.cli import main
from nanhunt.data.listing import read_skip
from nanhunt.train import loop

FEW = ["--model", "fcn", "--max-iterations", 2]


@pytest.fixture
def losses(monkeypatch):
    """Every loss that is logged, unrounded."""
    found = []
    mean = loop.mean_loss
    monkeypatch.setattr(loop, "mean_loss", lambda each: found.append(mean(each)) or found[-1])
    return found


def test_three_runs_without_shuffling_give_the_same_losses_to_the_last_bit(run, losses):
    for workers in (0, 1, 3):
        assert run(*FEW, "--no-shuffle", "--seed", 3, "--workers", workers)[0] == 0
    assert len(losses) == 6 and len(set(losses)) == 2
    assert losses[:2] == losses[2:4] == losses[4:]


def test_every_step_can_be_chosen_and_makes_other_batches(run, losses, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    steps = ["--gray", "chroma", "--overlap", "smaller-on-top", "--boundary", "ignore:2", "--resize", "aspect", "--no-crop"]
    code, out, _ = run("--model", "fcn", "--max-iterations", 1, *steps)
    assert code == 0 and re.search(r"gray images get the mean chroma of the colour images: Cb \d+, Cr \d+", out)
    assert run("--model", "fcn", "--max-iterations", 1)[0] == 0
    assert losses[0] != losses[1]


def test_an_old_run_is_read_as_gluoncv_did_with_its_18_classes(run):
    code, out, _ = run("--model", "fcn", "--max-iterations", 1, "--like", "gluoncv-0.7", "--no-watch")
    assert code == 0 and "--num-class 18 with labels 0..18" in out


@pytest.mark.parametrize(
    "more, said",
    [
        (["--like", "gluoncv-0.7", "--overlap", "last"], "--like gluoncv-0.7 without --gray"),
        (["--boundary", "wide"], "--boundary keep, ignore or ignore:WIDTH"),
        (["--no-crop"], "--resize direct or aspect with --no-crop"),
        (["--resize", "half"], "--resize out of short-side, none, direct, aspect"),
        (["--skip", "nowhere.txt"], "entries at --skip nowhere.txt, found none"),
        (["--dataset", "folder"], "with --dataset folder, found no --images"),
        (["--images", "x"], "--images with --dataset folder only"),
    ],
)
def test_data_options_that_cannot_work_are_one_line(run, more, said):
    code, _, err = run(*more)
    assert code == 2 and said in err and "Traceback" not in err


def test_entries_in_a_skip_file_are_left_out_and_unknown_ones_are_counted(run, tmp_path):
    skip = tmp_path / "skip.txt"
    skip.write_text("# made by hand\n0002.jpg  # truncated\n0010.jpg\n\nnowhere.jpg\n")
    assert read_skip(skip) == ["0002.jpg", "0010.jpg", "nowhere.jpg"]
    code, out, _ = run("--model", "fcn", "--max-iterations", 1, "--skip", skip, "--epochs", 1)
    assert code == 0
    assert f"warning: 1 of the 3 entries in {skip} are not in mhp: nowhere.jpg" in out
    assert "iteration 0000/0003" in out  # seven of eight by two


def test_another_step_after_resuming_is_warned_about(run, tmp_path):
    run("--model", "fcn", "--max-iterations", 1)
    saved = tmp_path / "run" / "epoch_0000_iteration_0001.params"
    _, out, _ = run("--model", "fcn", "--max-iterations", 2, "--overlap", "last", "--resume", saved)
    assert "was saved with overlap first, this run has last: it sees other batches" in out


def test_pixels_that_are_left_out_harm_neither_loss_nor_watch(run, losses, tmp_path, mhp_root):
    labels = tmp_path / "labels"
    labels.mkdir()
    for number, mask in enumerate(sorted((mhp_root / "annotations").glob("*_01.png"))):
        with Image.open(str(mask)) as picture:
            pixels = np.array(picture) % 4
        pixels[:40] = 255  # a border of nothing
        if number == 2:
            pixels[:] = 255  # and a picture of it
        Image.fromarray(pixels).save(str(labels / f"{mask.name[:4]}.png"))
    folders = ["--dataset", "folder", "--images", mhp_root / "images", "--masks", labels, "--num-class", 4]
    settings = [
        "--data-root",
        tmp_path,
        "--model",
        "fcn",
        "--no-shuffle",
        "--max-iterations",
        3,
        "--json",
        tmp_path / "found.json",
    ]
    assert run(*folders, *settings)[0] == 0
    assert (tmp_path / "found.json").read_text().strip() == "null"
    assert len(losses) == 3 and np.isfinite(losses).all() and losses[0] > 0


def test_a_dumped_batch_is_made_again_from_the_dataset(run, tmp_path, mhp_root, capsys):
    diverging = ["--model", "psp", "--lr", "1e8", "--lr-mode", "constant", "--epochs", 1]
    assert run(*diverging, "--no-explain", "--dump-dir", tmp_path / "dumps")[0] == 3
    dump = str(next((tmp_path / "dumps").glob("*.h5")))
    moved = shutil.copytree(str(mhp_root), str(tmp_path / "moved"))
    for more in ([], ["--data-root", str(moved)]):
        assert main(["replay", dump, "--rebuild-batch", *more]) == 0
        assert "equals the dumped one, every bit of 2 samples" in capsys.readouterr().out
    for path in (tmp_path / "moved" / "annotations").iterdir():
        path.write_bytes(next((mhp_root / "annotations").iterdir()).read_bytes())
    assert main(["replay", dump, "--rebuild-batch", "--data-root", str(moved)]) == 4
    assert "is not the dumped one" in capsys.readouterr().out
    assert main(["replay", dump, "--rebuild-batch", "--ladder"]) == 2
    assert main(["replay", dump, "--data-root", str(moved)]) == 2
