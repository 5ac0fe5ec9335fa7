"""Counts over a whole dataset: classes, overlaps, crops. Those of parts add up to those of the whole."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Dict, List, Tuple
from typing import Counter as Counts

from nanhunt.data.facts import SampleFacts
from nanhunt.data.index import IGNORE


@dataclass
class Statistics:
    """What was counted.

    Attributes:
        pixels: by (split, label), the persons of a picture merged; IGNORE is a label here.
        images: by (split, label): pictures that have the label.
        sizes: pictures by (width, height).
        modes: pictures by Pillow's mode.
        persons: pictures by number of masks.
        overlapping: pictures in which persons overlap.
        shared, conflicts: pixels of several persons; those whose label depends on the order of merging.
        crops, single, ignored: crops tried; those with one class; those with nothing but IGNORE.
    """

    pixels: Counts[Tuple[str, int]] = field(default_factory=Counter)
    images: Counts[Tuple[str, int]] = field(default_factory=Counter)
    sizes: Counts[Tuple[int, int]] = field(default_factory=Counter)
    modes: Counts[str] = field(default_factory=Counter)
    persons: Counts[int] = field(default_factory=Counter)
    overlapping: int = 0
    shared: int = 0
    conflicts: int = 0
    crops: int = 0
    single: int = 0
    ignored: int = 0

    def add(self, facts: SampleFacts) -> None:
        """Count one sample."""
        for label, count in facts.merged.items():
            self.pixels[facts.split, label] += count
            self.images[facts.split, label] += 1
        if facts.image is not None and facts.image.damage is None:
            self.sizes[facts.image.size] += 1
            self.modes[facts.image.mode] += 1
        self.persons[len(facts.masks)] += 1
        if facts.overlap is not None:
            self.overlapping += facts.overlap.shared > 0
            self.shared += facts.overlap.shared
            self.conflicts += facts.overlap.conflicts
        if facts.crops is not None:
            self.crops += facts.crops.draws
            self.single += facts.crops.single
            self.ignored += facts.crops.ignored

    def merge(self, other: "Statistics") -> None:
        """Add the counts of another part."""
        for name in ("pixels", "images", "sizes", "modes", "persons"):
            getattr(self, name).update(getattr(other, name))
        for name in ("overlapping", "shared", "conflicts", "crops", "single", "ignored"):
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def of_label(self, label: int) -> Tuple[int, int]:
        """(pixels, images) of a label in all splits."""
        pixels = sum(count for (_, each), count in self.pixels.items() if each == label)
        return pixels, sum(count for (_, each), count in self.images.items() if each == label)

    def labels(self) -> List[int]:
        """Labels that were seen, IGNORE among them where it was."""
        return sorted({label for _, label in self.pixels})

    def labelled(self) -> int:
        """Pixels that are not IGNORE."""
        return sum(count for (_, label), count in self.pixels.items() if label != IGNORE)

    def to_json(self, classes: Tuple[str, ...]) -> Dict[str, Any]:
        """As `--json FILE` holds it; every class has a row, seen or not."""
        rows = []
        for label in sorted(set(self.labels()) | set(range(len(classes)))):
            pixels, images = self.of_label(label)
            name = "ignored" if label == IGNORE else classes[label] if 0 <= label < len(classes) else ""
            splits = {split: count for (split, each), count in sorted(self.images.items()) if each == label}
            rows.append({"label": label, "name": name, "pixels": pixels, "images": images, "images_by_split": splits})
        widths, heights = sorted(w for w, _ in self.sizes.elements()), sorted(h for _, h in self.sizes.elements())
        sizes = {"width": _spread(widths), "height": _spread(heights)} if widths else None
        return {
            "labels": rows,
            "modes": dict(sorted(self.modes.items())),
            "sizes": sizes,
            "masks_per_image": {str(count): images for count, images in sorted(self.persons.items())},
            "overlap": {"images": self.overlapping, "pixels": self.shared, "order_dependent_pixels": self.conflicts},
            "crops": {"tried": self.crops, "single_class": self.single, "only_ignored": self.ignored},
        }


def _spread(values: List[int]) -> Dict[str, int]:
    return {"lowest": values[0], "median": values[len(values) // 2], "highest": values[-1]}
