"""A dataset in LV-MHP-v1's layout with everything planted that inspection looks for, and the list of what was planted.

Scenes are clean as they are drawn: colour, no person more than half under another, no scarf (so that a class is never seen) and
no sunglasses but one pair (so that a class is rare). Every planting takes pictures of its own.
"""

import io
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from itertools import combinations
from pathlib import Path

import numpy as np
from damage import cut_short, masks_of, save_labels
from PIL import Image, ImageOps

from nanhunt.data.checks import Settings
from nanhunt.data.synthetic.scene import draw_scene

SETTINGS = Settings(base_size=128, crop_size=256, augment=1)
"""A crop that always holds the whole picture, so that what is in it does not depend on the draw."""

SCARF, SUNGLASSES, UPPER_CLOTHES = 17, 3, 4
TRAINED_AT_MOST = 3000


def build(root, images, times=1, seed=0, jobs=1, shrink=1):
    """Draw `images` scenes into `root`, a whole number of times smaller, and plant each pathology `times` times.

    Returns: the problems to be found, a set of (check, path).
    """
    (root / "images").mkdir(parents=True)
    (root / "annotations").mkdir()
    stems = ["%04d" % number for number in range(1, images + 1)]
    tasks = [(root, stem, seed, shrink) for stem in stems]
    if jobs > 1:
        with ProcessPoolExecutor(jobs) as executor:
            persons = dict(zip(stems, executor.map(draw, tasks, chunksize=50)))
    else:
        persons = dict(zip(stems, map(draw, tasks)))
    tested = images // 5
    planting = Planting(root, stems[:-tested], stems[-tested:], persons)
    for _ in range(times):
        for plant in PLANTS:
            plant(planting)
    planting.sunglasses()
    planting.write_lists()
    return planting.expected


def draw(task):
    """One clean scene; returns its number of persons."""
    root, stem, seed, shrink = task
    for attempt in range(100):
        scene = draw_scene(np.random.RandomState([seed, int(stem), attempt]))
        masks = [mask[::shrink, ::shrink].copy() for mask in scene.masks]
        for mask in masks:
            mask[(mask == SCARF) | (mask == SUNGLASSES)] = UPPER_CLOTHES
        if masks and all(mask.any() for mask in masks) and all(share(a, b) < 0.4 for a, b in combinations(masks, 2)):
            break
    height, width = masks[0].shape
    picture = Image.fromarray(scene.image).resize((width, height), Image.Resampling.BOX)
    picture.save(str(root / "images" / (stem + ".jpg")), quality=90)
    for person, mask in enumerate(masks, 1):
        save_labels(root / "annotations" / ("%s_%02d_%02d.png" % (stem, len(masks), person)), mask)
    return len(masks)


def share(a, b):
    """What two persons share, as a part of the smaller."""
    return np.count_nonzero((a > 0) & (b > 0)) / min(np.count_nonzero(a), np.count_nonzero(b))


class Planting:
    """Hands out pictures, each once, and keeps what was planted."""

    def __init__(self, root, listed, tested, persons):
        self.root = root
        cut = TRAINED_AT_MOST if len(listed) > TRAINED_AT_MOST else len(listed) - max(1, len(listed) // 5)
        self.lists = {"train_list.txt": list(listed), "test_list.txt": list(tested)}
        self.expected = {("unseen-class", "class 17 (scarf)"), ("class-imbalance", "class 3 (sunglasses)")}
        self._free = defaultdict(list)
        for split, stems in (("train", listed[:cut]), ("val", listed[cut:]), ("test", tested)):
            for stem in reversed(stems):
                self._free[split, min(persons[stem], 2)].append(stem)

    def take(self, persons=None, split="train"):
        """The stem of a picture of one person, or of two or more."""
        kinds = [persons] if persons else [2, 1]
        return next(self._free[split, kind] for kind in kinds if self._free[split, kind]).pop()

    def image(self, stem):
        return self.root / "images" / (stem + ".jpg")

    def open(self, stem):
        with Image.open(str(self.image(stem))) as picture:
            return picture.convert("RGB")

    def masks(self, stem):
        return masks_of(self.root, stem)

    def labels(self, stem):
        return [np.array(Image.open(str(path))) for path in self.masks(stem)]

    def expect(self, path, *checks):
        self.expected |= {(check, Path(path).relative_to(self.root).as_posix()) for check in checks}

    def relabel(self, stem, size, resample=Image.Resampling.NEAREST):
        for path in self.masks(stem):
            with Image.open(str(path)) as mask:
                mask.resize(size, resample).save(str(path))

    def copy(self, stem, other, labels=True):
        """Give `other` the labels of `stem`; its own masks go."""
        for path in self.masks(other):
            path.unlink()
        for path in self.masks(stem) if labels else ():
            (path.parent / path.name.replace(stem, other, 1)).write_bytes(path.read_bytes())

    def sunglasses(self):
        labels = self.masks(self.take())[0]
        mask = np.array(Image.open(str(labels)))
        mask[tuple(np.argwhere(mask > 0)[0])] = SUNGLASSES
        save_labels(labels, mask)

    def write_lists(self):
        for name, stems in self.lists.items():
            (self.root / name).write_text("".join("%s.jpg\n" % stem for stem in stems))


PLANTS = []


def plants(function):
    PLANTS.append(function)
    return function


@plants
def damaged_images(planting):
    truncated, empty, text = planting.take(), planting.take(), planting.take()
    cut_short(planting.image(truncated))
    planting.image(empty).write_bytes(b"")
    planting.image(text).write_text("no picture")
    for stem in (truncated, empty, text):
        planting.expect(planting.image(stem), "unreadable")


@plants
def damaged_masks(planting):
    truncated, text = planting.masks(planting.take())[0], planting.masks(planting.take())[0]
    cut_short(truncated)
    text.write_text("no picture")
    planting.expect(truncated, "unreadable")
    planting.expect(text, "unreadable")


@plants
def missing_files(planting):
    image, mask, person = planting.take(), planting.take(), planting.take(persons=2)
    planting.image(image).unlink()
    for path in planting.masks(mask):
        path.unlink()
    planting.masks(person)[-1].unlink()
    planting.expect(planting.image(image), "missing-image")
    planting.expect(planting.image(mask), "missing-mask")
    planting.expect(planting.image(person), "person-count")


@plants
def surplus_masks(planting):
    for name in ("%s_{count:02d}_{more:02d}.png", "%s_{count}_01.png", "%s_{more:02d}_{more:02d}.png"):
        stem = planting.take()
        masks = planting.masks(stem)
        free = np.zeros_like(planting.labels(stem)[0])
        free[0, 0] = 1
        save_labels(planting.root / "annotations" / (name % stem).format(count=len(masks), more=len(masks) + 1), free)
        planting.expect(planting.image(stem), "person-count")


@plants
def strays(planting):
    stem = planting.take()
    for name in ("%s-1.png" % stem, "x%s_01_01.png" % stem):
        path = planting.root / "annotations" / name
        save_labels(path, np.ones((4, 4)))
        planting.expect(path, "stray-mask")


@plants
def wrong_names(planting):
    stem = planting.take()
    planting.open(stem).save(str(planting.image(stem)), format="PNG")
    planting.expect(planting.image(stem), "file-type")


@plants
def modes(planting):
    gray, cmyk, clear, deep, infinite = (planting.take() for _ in range(5))
    planting.open(gray).convert("L").save(str(planting.image(gray)))
    planting.open(cmyk).convert("CMYK").save(str(planting.image(cmyk)))
    planting.open(clear).convert("RGBA").save(str(planting.image(clear)), format="PNG")
    pixels = np.array(planting.open(deep).convert("L"))
    Image.fromarray(pixels.astype(np.uint16) * 200).save(str(planting.image(deep)), format="PNG")
    pixels = np.array(planting.open(infinite).convert("L")).astype(np.float32)
    pixels[0, :3] = np.nan, np.inf, -np.inf
    Image.fromarray(pixels).save(str(planting.image(infinite)), format="TIFF")
    planting.expect(planting.image(gray), "gray-image")
    planting.expect(planting.image(cmyk), "colour-mode")
    planting.expect(planting.image(clear), "colour-mode", "file-type")
    planting.expect(planting.image(deep), "picture-mode", "file-type")
    planting.expect(planting.image(infinite), "picture-mode", "file-type", "non-finite")


@plants
def turned(planting):
    as_stored, as_shown = planting.take(), planting.take()
    for stem in (as_stored, as_shown):
        exif = Image.Exif()
        exif[0x0112] = 6
        planting.open(stem).save(str(planting.image(stem)), exif=exif.tobytes())
        planting.expect(planting.image(stem), "orientation")
    for path in planting.masks(as_shown):
        save_labels(path, np.rot90(np.array(Image.open(str(path))), -1))
        if planting.open(as_shown).size[0] != planting.open(as_shown).size[1]:
            planting.expect(path, "mask-size")


@plants
def sizes(planting):
    for size, checks in (
        ((15, 15), ["extreme-size"]),
        ((2060, 2070), ["extreme-size"]),
        ((400, 70), ["extreme-ratio"]),
        ((3000, 2), ["narrow-image", "transformed"]),
    ):
        stem = planting.take(persons=1)
        planting.open(stem).resize(size).save(str(planting.image(stem)))
        labels = np.zeros(size[::-1])
        labels[: size[1] // 2 + 1, : size[0] // 2 + 1] = 2
        save_labels(planting.masks(stem)[0], labels)
        planting.expect(planting.image(stem), *checks)


@plants
def mask_shapes(planting):
    short, colour = planting.masks(planting.take())[0], planting.masks(planting.take())[0]
    labels = np.array(Image.open(str(short)))
    save_labels(short, np.pad(labels, ((0, 1), (0, 0)), mode="constant"))
    planting.expect(short, "mask-size")
    with Image.open(str(colour)) as mask:
        mask.convert("RGB").save(str(colour))
    planting.expect(colour, "picture-mode")


@plants
def lossy_mask(planting):
    path = planting.masks(planting.take(persons=1))[0]
    person = np.array(Image.open(str(path))) > 0  # one label: what JPEG makes of many would be rare classes here
    Image.fromarray(person.astype(np.uint8)).save(str(path), format="JPEG", quality=95)
    planting.expect(path, "lossy-mask", "file-type")


@plants
def labels_out_of_range(planting):
    eight, sixteen = planting.masks(planting.take())[0], planting.masks(planting.take())[0]
    labels = np.array(Image.open(str(eight)))
    labels[0, :3] = 19, 44, 255
    save_labels(eight, labels)
    labels = np.array(Image.open(str(sixteen))).astype(np.uint16)
    labels[0, 0] = 300
    Image.fromarray(labels).save(str(sixteen))
    planting.expect(eight, "label-range")
    planting.expect(sixteen, "label-range")


@plants
def one_label(planting):
    empty, full = planting.take(persons=1), planting.take(persons=1)
    save_labels(planting.masks(empty)[0], np.zeros_like(planting.labels(empty)[0]))
    save_labels(planting.masks(full)[0], np.full_like(planting.labels(full)[0], 6))
    planting.expect(planting.masks(empty)[0], "empty-mask")
    planting.expect(planting.image(empty), "crop-content")
    planting.expect(planting.masks(full)[0], "full-mask")


@plants
def person_twice(planting):
    stem = planting.take(persons=2)
    first, second = planting.masks(stem)[:2]
    labels = np.array(Image.open(str(first)))
    save_labels(second, np.where(labels == 2, 1, labels))
    planting.expect(planting.image(stem), "overlap")


@plants
def duplicates(planting):
    for labels in ("same", "other"):
        stem, other = planting.take(), planting.take()
        planting.image(other).write_bytes(planting.image(stem).read_bytes())
        planting.copy(stem, other)
        if labels == "other":
            path = planting.masks(other)[0]
            changed = np.array(Image.open(str(path)))
            changed[changed == 2] = 1
            save_labels(path, changed)
        planting.expect(planting.image(max(stem, other)), "duplicate")
    stem, other = planting.take(), planting.take()
    planting.open(stem).save(str(planting.image(other)), format="PNG")
    planting.copy(stem, other)
    planting.expect(planting.image(max(stem, other)), "duplicate")
    planting.expect(planting.image(other), "file-type")


def recoded(picture, scale=1.0, light=1.0, quality=50):
    """The bytes of a copy that nobody takes for another picture."""
    size = int(picture.size[0] * scale), int(picture.size[1] * scale)
    stream = io.BytesIO()
    picture.resize(size).point(lambda value: min(255, int(value * light))).save(stream, "JPEG", quality=quality)
    return stream.getvalue(), size


@plants
def near_duplicates(planting):
    for change in ({"quality": 40}, {"scale": 0.7}, {"light": 0.85}):
        stem, other = planting.take(), planting.take()
        content, size = recoded(planting.open(stem), **change)
        planting.image(other).write_bytes(content)
        planting.copy(stem, other)
        planting.relabel(other, size)
        planting.expect(planting.image(max(stem, other)), "near-duplicate")


@plants
def leaks(planting):
    for split, change in (("test", None), ("val", None), ("test", {"quality": 40}), ("val", {"scale": 0.8})):
        stem, other = planting.take(), planting.take(split=split)
        content, size = (
            (planting.image(stem).read_bytes(), planting.open(stem).size)
            if change is None
            else recoded(planting.open(stem), **change)
        )
        planting.image(other).write_bytes(content)
        planting.copy(stem, other)
        planting.relabel(other, size)
        planting.expect(planting.image(stem), "leak")


@plants
def listed_twice(planting):
    train, test = planting.take(), planting.take(split="test")
    planting.lists["test_list.txt"] += [train, test]
    planting.expect(planting.image(train), "listed-twice")
    planting.expect(planting.image(test), "listed-twice")


@plants
def nothing_to_see(planting):
    def light(stem, change):
        planting.open(stem).point(change).save(str(planting.image(stem)), quality=90)

    blank, black, dark, bright = (planting.take() for _ in range(4))
    light(blank, lambda value: 120)
    light(black, lambda value: 0)
    light(dark, lambda value: value // 8)
    ImageOps.autocontrast(planting.open(bright), cutoff=2).save(str(planting.image(bright)), quality=95)
    light(bright, lambda value: 244 + value // 23)
    planting.expect(planting.image(blank), "blank-image")
    planting.expect(planting.image(black), "blank-image")
    planting.expect(planting.image(dark), "dark-image")
    planting.expect(planting.image(bright), "bright-image")
