"""Where a dataset is: what `--dataset` and the options beside it take. Light: nothing here loads more than argparse."""

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Optional

from nanhunt.data.choices import LIKES, NONE, SHORT_SIDE, check_choice
from nanhunt.errors import UsageError

if TYPE_CHECKING:
    from nanhunt.data.index import DatasetIndex

NUM_CLASS = {"mhp": 19, "mhpv1": 19, "synthetic-mhp": 19, "folder": None, "voc": 21, "ade20k": 150, "citys": 19, "coco": 21}
"""Classes of each dataset; None where the user has to say."""

GLUONCV_07_CLASSES = 18
"""Classes of `mhp` in GluonCV 0.7, whose labels are 0..18 all the same."""

NAMES = tuple(NUM_CLASS)
"""What `--dataset` takes; `mhpv1` is GluonCV's name for `mhp`."""


@dataclass(frozen=True)
class Source:
    """Where the files are, as `--dataset` and the options beside it say.

    Attributes:
        name: one of NAMES.
        root: the dataset's folder; None is where GluonCV's scripts put it, and for `synthetic-mhp` a cache folder.
        images, masks, train_list, val_list: of `folder` only; see `nanhunt.data.folder`.
        num_class: channels of the prediction; `folder` has as many labels.
        like: one of LIKES: read as that does; None is without its mistakes.
    """

    name: str = "mhp"
    root: Optional[Path] = None
    images: Optional[Path] = None
    masks: Optional[Path] = None
    train_list: Optional[Path] = None
    val_list: Optional[Path] = None
    num_class: Optional[int] = None
    like: Optional[str] = None

    def check(self) -> None:
        """Refuse what cannot go together.

        Raises:
            UsageError: no such dataset, or an option that it needs is missing, or one that it does not take is there.
        """
        if self.name not in NAMES:
            raise UsageError(f"Expected --dataset out of {', '.join(NAMES)}, found {self.name!r}.")
        if self.like is not None:
            check_choice("--like", self.like, LIKES)
            if "mhp" not in self.name:
                raise UsageError(f"Expected --dataset mhp with --like {self.like}, found {self.name}.")
        if self.name == "folder":
            for option, value in (("--images", self.images), ("--masks", self.masks), ("--num-class", self.num_class)):
                if value is None:
                    raise UsageError(f"Expected --images, --masks and --num-class with --dataset folder, found no {option}.")
            return
        for field in ("images", "masks", "train_list", "val_list"):
            if getattr(self, field) is not None:
                option = "--" + field.replace("_", "-")
                raise UsageError(f"Expected {option} with --dataset folder only, found it with {self.name}.")

    def classes(self) -> int:
        """Classes to predict: those asked for, else those of the dataset."""
        known = NUM_CLASS.get(self.name) if self.like is None else GLUONCV_07_CLASSES
        return self.num_class or known or 0

    @property
    def resize(self) -> str:
        """The baseline of `--resize`, as GluonCV has it."""
        return SHORT_SIDE if "mhp" in self.name else NONE

    def index(self, split: str, say: Optional[Callable[[str], None]] = None) -> "DatasetIndex":
        """The files of a split, none of them opened; `synthetic-mhp` is generated where it is not there yet.

        Args:
            say: told in one line when a folder is no longer what an earlier run has listed.

        Raises:
            UsageError: as `check`; no such split or folder, or one that may not be read.
            DataError: the split has no entry.
        """
        self.check()
        try:
            return self._find(split, say)
        except OSError as error:
            where = error.filename if error.filename is not None else self.root
            raise UsageError(
                f"Expected access to the files of {self.name}, found {where}: {error.strerror}; "
                "correct its permissions, or give another folder."
            ) from error

    def _find(self, split: str, say: Optional[Callable[[str], None]]) -> "DatasetIndex":
        if self.name == "folder":
            from nanhunt.data.folder import Folders, index_folder

            assert self.images is not None and self.masks is not None and self.num_class is not None
            folders = Folders(self.images, self.masks, self.root, self.train_list, self.val_list)
            return index_folder(folders, split, self.num_class)
        if self.name in ("voc", "ade20k", "citys", "coco"):
            find = getattr(import_module(f"nanhunt.data.{self.name}"), f"index_{self.name}")
            theirs: DatasetIndex = find(self.root, split)
            return theirs
        from nanhunt.data.mhp import index_mhp

        root = self.root
        if self.name == "synthetic-mhp":
            from nanhunt.data.synthetic import ensure

            root = ensure(root)
        if self.like is not None:
            from nanhunt.data.gluoncv_mhp import index_gluoncv_mhp

            return index_gluoncv_mhp(root, split)
        return index_mhp(root, split, say)


def add_source_options(group: Any, default: str) -> None:
    """Add `--dataset` and what belongs to it to a parser; the result has Source's fields, but `dataset` and `data_root`.

    Args:
        default: what `--dataset` is where it is not given.
    """
    names = ", ".join(name for name in NAMES if name != "mhpv1")
    group.add_argument("--dataset", default=default, metavar="NAME", help=f"{names} (default: %(default)s)")
    group.add_argument(
        "--data-root", type=Path, metavar="DIR", help="folder of the dataset, if not where GluonCV's script puts it"
    )
    for option, metavar, says in (
        ("images", "DIR", "with --dataset folder: the images"),
        ("masks", "DIR", "with --dataset folder: one mask an image, of the same name but for its suffix; 255 is left out"),
        ("train-list", "FILE", "with --dataset folder: the images to train on, a line each; if not given, all others"),
        ("val-list", "FILE", "with --dataset folder: the images to validate on"),
    ):
        group.add_argument(f"--{option}", type=Path, metavar=metavar, help=says)
    group.add_argument("--num-class", type=int, metavar="N", help="labels are 0..N-1 (default: as many as the dataset has)")
