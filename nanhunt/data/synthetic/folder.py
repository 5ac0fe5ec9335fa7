"""Write the synthetic dataset to a folder, whole or not at all."""

import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any, List, Optional

import numpy as np
from PIL import Image

from nanhunt.data.synthetic.scene import Scene, draw_scene
from nanhunt.errors import UsageError

VERSION = 1
"""Goes up whenever the same seed gives other pictures."""

IMAGES = 200
MARKER = "synthetic-mhp.json"
"""Written last: a folder without it was not finished."""


def cache_root(images: int = IMAGES, seed: int = 0) -> Path:
    """Where the dataset is kept between runs: `$XDG_CACHE_HOME` or `~/.cache`, below `nanhunt/synthetic-mhp`."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return Path(base) / "nanhunt" / "synthetic-mhp" / f"{VERSION}-{seed}-{images}"


def is_complete(root: Path) -> bool:
    """Whether the folder holds a synthetic dataset that was written to its end."""
    return (Path(root) / MARKER).is_file()


def ensure(root: Optional[Path] = None) -> Path:
    """The synthetic dataset in `root` (None: the cache), generated unless it is there already; returns its folder.

    Raises:
        UsageError: `root` holds something else, or cannot be written.
    """
    root = cache_root() if root is None else Path(root)
    return root if is_complete(root) else generate(root)


def generate(root: Path, images: int = IMAGES, seed: int = 0) -> Path:
    """Draw a dataset into `root`, replacing one that was not finished.

    Four fifths of the images are in `train_list.txt`, the rest in `test_list.txt`. Image i depends on `seed` and i
    alone. All is written beside `root` and renamed at the end.

    Raises:
        UsageError: `root` holds something else, or cannot be written, or `images` is below 2.
    """
    root = Path(root)
    if images < 2:
        raise UsageError(f"Expected 2 synthetic images or more, found {images}.")
    if root.exists() and not is_complete(root) and not _is_ours(root):
        raise UsageError(
            f"Expected an empty or new folder for synthetic-mhp, found other files in {root}; give another --data-root."
        )
    try:
        root.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=f".{root.name}-", dir=str(root.parent)))
    except OSError as error:
        raise UsageError(
            f"Expected to write synthetic-mhp to {root}, found {error.strerror}; give another --data-root."
        ) from error
    try:
        os.chmod(str(draft), 0o755)
        _write(draft, images, seed)
        _install(draft, root)
    finally:
        shutil.rmtree(str(draft), ignore_errors=True)
    return root


def _is_ours(root: Path) -> bool:
    """Whether the folder holds nothing but what `generate` writes."""
    return set(os.listdir(str(root))) <= {"images", "annotations", "train_list.txt", "test_list.txt", MARKER}


def _write(folder: Path, images: int, seed: int) -> None:
    (folder / "images").mkdir()
    (folder / "annotations").mkdir()
    names: List[str] = []
    for number in range(1, images + 1):
        stem = f"{number:04d}"
        names.append(f"{stem}.jpg")
        _save(folder, stem, draw_scene(np.random.RandomState([seed, number, VERSION])))
    cut = images - max(1, images // 5)
    (folder / "train_list.txt").write_text("".join(f"{name}\n" for name in names[:cut]), encoding="utf-8")
    (folder / "test_list.txt").write_text("".join(f"{name}\n" for name in names[cut:]), encoding="utf-8")
    made: Any = {"dataset": "synthetic-mhp", "version": VERSION, "seed": seed, "images": images}
    (folder / MARKER).write_text(json.dumps(made) + "\n", encoding="utf-8")


def _save(folder: Path, stem: str, scene: Scene) -> None:
    image = Image.fromarray(scene.image)
    if scene.gray:
        image = image.convert("L")
    image.save(str(folder / "images" / f"{stem}.jpg"), quality=90)
    persons = len(scene.masks)
    for person, mask in enumerate(scene.masks, start=1):
        Image.fromarray(mask).save(str(folder / "annotations" / f"{stem}_{persons:02d}_{person:02d}.png"))


def _install(draft: Path, root: Path) -> None:
    """Put the finished folder in place; where another process was faster, keep theirs."""
    if root.exists() and not is_complete(root):
        shutil.rmtree(str(root))
    try:
        os.rename(str(draft), str(root))
    except OSError:
        if not is_complete(root):
            raise
