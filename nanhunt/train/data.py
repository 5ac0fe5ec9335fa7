"""From options to batches: which dataset, which steps, which entries are left out."""

from dataclasses import replace
from typing import Any, Callable, Dict, Optional, Tuple

from nanhunt.data.choices import CHROMA, boundary_width
from nanhunt.data.gray import mean_chroma
from nanhunt.data.index import DatasetIndex
from nanhunt.data.listing import read_skip
from nanhunt.data.loader import BatchLoader
from nanhunt.data.reading import Steps
from nanhunt.data.rebuild import described
from nanhunt.data.recipe import Recipe
from nanhunt.errors import DataError, NanhuntError
from nanhunt.machine import cores
from nanhunt.train.options import TrainOptions


class Data:
    """The data of one run.

    Args:
        say: told in one line about each thing that is not as the options read.
    """

    def __init__(self, options: TrainOptions, say: Callable[[str], None]) -> None:
        self._options = options
        self._say = say
        self._skip = read_skip(options.skip) if options.skip is not None else []
        self._training: Optional[DatasetIndex] = None
        steps = Steps(None, options.overlap, boundary_width(options.boundary))
        resize = options.resize or options.source.resize
        sizes = options.base_size, options.crop_size, resize, options.crop
        self._recipe = Recipe(options.source, options.train_split, steps, *sizes)
        if options.gray == CHROMA:
            self._recipe = replace(self._recipe, steps=replace(steps, chroma=mean_chroma(self._training_index(), cores())))
            say("gray images get the mean chroma of the colour images: Cb %d, Cr %d" % self._recipe.steps.chroma)  # type: ignore[str-format]
        if self._skip:
            self._tell_of_unknown()

    def training_loader(self, part: Tuple[int, int] = (0, 1)) -> BatchLoader:
        """Batches of the training split, augmented.

        Args:
            part: see BatchLoader.

        Raises:
            UsageError: no such dataset, or it is smaller than a batch.
            DataError: it is not whole.
        """
        options = self._options
        dataset = self._recipe.over(self._training_index())
        return BatchLoader(
            dataset, self._recipe.transform(), options.batch_size, options.shuffle, options.seed, options.workers, part=part
        )

    def validation_loader(self) -> BatchLoader:
        """Batches of the split `val`, in order.

        Raises:
            UsageError: no such dataset.
            DataError: it is not whole, or has nothing to validate on.
        """
        options = self._options
        recipe = replace(self._recipe, split="val", augment=False)
        try:
            dataset = recipe.dataset(self._skip, self._say)
        except DataError as error:
            raise DataError(str(error) if options.evaluate else f"{error}\nTo train without validation: --no-val.") from error
        size = options.test_batch_size
        return BatchLoader(dataset, recipe.transform(), size, False, options.seed, options.workers, last_batch="keep")

    def describe(self, loader: BatchLoader) -> Dict[str, Any]:
        """What a dump says about the training data."""
        return described(self._recipe, loader.dataset.root)

    def settings(self, loader: BatchLoader) -> Dict[str, str]:
        """The same for a checkpoint, without the folder."""
        return {**self._recipe.settings(), "shuffle": str(self._options.shuffle), "samples": str(len(loader.dataset))}

    def _training_index(self) -> DatasetIndex:
        if self._training is None:
            index = self._options.source.index(self._options.train_split, self._say)
            self._training = index.without(self._skip) if self._skip else index
        return self._training

    def _tell_of_unknown(self) -> None:
        unknown = set(self._skip)
        for split in (self._options.train_split, "val", "test", "all"):
            try:
                unknown -= set(self._options.source.index(split).entries) if unknown else set()
            except NanhuntError:
                continue  # not every dataset has every split
        if unknown:
            first = sorted(unknown)[0]
            self._say(
                f"warning: {len(unknown)} of the {len(set(self._skip))} entries in {self._options.skip} are not in "
                f"{self._options.dataset}: {first}{' and others' if len(unknown) > 1 else ''}"
            )
