"""Write the synthetic dataset to a folder, whole or not at all."""

import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

import numpy as np
from PIL import Image

from nanhunt.data.synthetic.scene import Scene, draw_scene
from nanhunt.errors import UsageError

VERSION = 1
"""Goes up whenever the same seed gives other pictures."""

IMAGES = 200
MARKER = "synthetic-mhp.json"
"""Says what a folder holds, and that it is nanhunt's to replace."""


def cache_root(images: int = IMAGES, seed: int = 0) -> Path:
    """Where the dataset is kept between runs: `$XDG_CACHE_HOME` or `~/.cache`, below `nanhunt/synthetic-mhp`."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return Path(base) / "nanhunt" / "synthetic-mhp" / f"{VERSION}-{seed}-{images}"


def is_complete(root: Path) -> bool:
    """Whether the folder holds a synthetic dataset, all of it."""
    made = _marker(Path(root))
    return made is not None and _counts(Path(root)) == (made.get("images"), made.get("masks"))


def ensure(root: Optional[Path] = None) -> Path:
    """The synthetic dataset in `root` (None: the cache), generated unless it is there already; returns its folder.

    Raises:
        UsageError: `root` holds something else, or cannot be written.
    """
    root = cache_root(IMAGES) if root is None else Path(root)
    return root if is_complete(root) else generate(root, IMAGES)


def generate(root: Path, images: int = IMAGES, seed: int = 0) -> Path:
    """Draw a dataset into `root`, replacing another or a damaged synthetic one.

    Four fifths of the images are in `train_list.txt`, the rest in `test_list.txt`. Image i depends on `seed` and i alone.
    All is written beside `root` and renamed at the end, so that `root` is never half done.

    Raises:
        UsageError: `root` holds something else, or cannot be written, or `images` is below 2.
    """
    root = Path(root)
    if images < 2:
        raise UsageError(f"Expected 2 synthetic images or more, found {images}.")
    if root.exists() and not _is_ours(root):
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


def _marker(root: Path) -> Optional[Dict[str, Any]]:
    try:
        made = json.loads((root / MARKER).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return made if isinstance(made, dict) else None


def _counts(root: Path) -> Tuple[int, int]:
    """Files in `images/` and `annotations/`; -1 where a folder or list is missing."""
    if not all((root / name).is_file() for name in ("train_list.txt", "test_list.txt")):
        return -1, -1
    folders = root / "images", root / "annotations"
    images, masks = (len(os.listdir(str(folder))) if folder.is_dir() else -1 for folder in folders)
    return images, masks


def _is_ours(root: Path) -> bool:
    """Whether the folder may be replaced: it has the marker, or is empty. The layout alone is LV-MHP-v1's too."""
    return (root / MARKER).is_file() or (root.is_dir() and not os.listdir(str(root)))


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
    masks = len(os.listdir(str(folder / "annotations")))
    made = {"dataset": "synthetic-mhp", "version": VERSION, "seed": seed, "images": images, "masks": masks}
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
    """Put the finished folder in place; where another process was faster with the same, keep theirs."""
    if root.exists() and not (is_complete(root) and _marker(root) == _marker(draft)):
        shutil.rmtree(str(root))
    try:
        os.rename(str(draft), str(root))
    except OSError:
        if not is_complete(root):
            raise
