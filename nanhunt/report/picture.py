"""The offending sample: the image as it went in, its label, and the bad places marked, as far as they lie on the image."""

import base64
import io
from dataclasses import dataclass
from typing import Any, List, Mapping, Optional, Sequence, Tuple

import numpy as np
from PIL import Image

from nanhunt.backends.graph import Graph
from nanhunt.diagnose.evidence import Evidence
from nanhunt.diagnose.finding import Producer
from nanhunt.dump.record import Record
from nanhunt.replay.explain import Explanation
from nanhunt.report.mapping import Lie, lies, on_picture

_NOT_FED = ("leaf_", "array_", "returned_", "gradient_", "draw_", "head_gradient_")
"""Names in a dump's batch of what is no input of the program's (docs/dump.md), looked at last."""

RINGS = 24
"""Bad places that get a ring each; where there are more, the first one."""

PHOTO = 96 * 1024
"""Pixels from which on an image is kept as JPEG."""


@dataclass(frozen=True)
class Picture:
    """Images as `data:` addresses, and what is to be said of them.

    Attributes:
        size: (width, height) in pixels of what went in.
        image, label, marks: as addresses; label and marks are transparent where there is nothing; None where there are none.
        bad: how many pixels are marked.
        rings: (x, y) of the middles of marked pixels that are easily overlooked.
        note: what the marks mean, or why there are none.
        crop: where the sample was cut out, in words, as far as it is known.
    """

    size: Tuple[int, int]
    image: str
    label: Optional[str]
    marks: Optional[str]
    bad: int
    rings: Tuple[Tuple[float, float], ...]
    note: str
    crop: str

    @property
    def radius(self) -> float:
        """Of a ring, in pixels."""
        return max(self.size) * 0.025


def draw(record: Record, producer: Optional[Producer], explanation: Optional[Explanation]) -> Tuple[Optional[Picture], str]:
    """The picture; or None and the reason.

    Args:
        explanation: of a replay; without one the first bad place alone is marked, unless the batch itself tells of all.
    """
    if producer is None:
        return None, "no operator, and so no sample, is named"
    if producer.sample is None:
        return None, "the tensor that went bad does not belong to one sample of the batch"
    found = _image_of(record, producer)
    if found is None:
        return None, "what went in on %s holds no images of 1, 3 or 4 channels" % producer.device
    name, array, channels_last = found
    if not 0 <= producer.sample < len(array):
        return None, "the batch has no sample %d" % producer.sample
    height, width = array.shape[1:3] if channels_last else array.shape[2:4]
    bad, note = _bad_pixels(record, producer, explanation, name, (height, width), channels_last)
    label = _label_of(record, producer, (height, width))
    return (
        Picture(
            size=(width, height),
            image=_address(_shown(array[producer.sample], channels_last)),
            label=_address(coloured(label)) if label is not None else None,
            marks=_address(_red(bad)) if bad is not None and bad.any() else None,
            bad=int(bad.sum()) if bad is not None else 0,
            rings=_rings(bad) if bad is not None else (),
            note=note,
            crop=_crop_of(record, producer),
        ),
        "",
    )


def _image_of(record: Record, producer: Producer) -> Optional[Tuple[str, np.ndarray, bool]]:
    """The largest array of images on the producer's device: (name, array, whether channels come last)."""
    graph = _graph(record)
    last = graph is not None and any(node.attributes.get("layout") == "NHWC" for node in graph.nodes)
    best: Optional[Tuple[Tuple[bool, int], str, bool]] = None
    for name in record.batch:
        device, _, own = name.partition("/")
        array = record.batch[name]
        layouts = [way for way in ((True, False) if last else (False, True)) if _is_image(array, way)]
        if device == producer.device and layouts:
            rank = (not own.startswith(_NOT_FED), array.size)
            if best is None or rank > best[0]:
                best = (rank, name, layouts[0])
    return None if best is None else (best[1], record.batch[best[1]], best[2])


def _is_image(array: np.ndarray, channels_last: bool) -> bool:
    if array.ndim != 4 or array.size == 0 or array.dtype.kind not in "fiu":
        return False
    channels, *sides = array.shape[3:] + array.shape[1:3] if channels_last else array.shape[1:]
    return channels in (1, 3, 4) and min(sides) >= 4


def _label_of(record: Record, producer: Producer, size: Tuple[int, int]) -> Optional[np.ndarray]:
    """The sample's classes (height, width)."""
    rows = [record.batch[name] for name in sorted(record.batch, key=_fed_first) if name.startswith(producer.device + "/")]
    fitting = (each for each in rows if each.ndim == 3 and each.shape[1:] == size and len(each) > (producer.sample or 0))
    found = next(fitting, None)
    return None if found is None else np.asarray(found[producer.sample])


def _fed_first(name: str) -> bool:
    return name.partition("/")[2].startswith(_NOT_FED)


def _bad_pixels(
    record: Record,
    producer: Producer,
    explanation: Optional[Explanation],
    image: str,
    size: Tuple[int, int],
    channels_last: bool,
) -> Tuple[Optional[np.ndarray], str]:
    """The pixels to mark, and what is to be said of them."""
    if producer.phase == "data":
        array = record.batch.get("%s/%s" % (producer.device, producer.block))
        own = (1, 2) if channels_last else (2, 3)
        if array is not None and array.shape == record.batch[image].shape:
            return on_picture(Lie(own), ~np.isfinite(array[producer.sample]), size), "The pixels that came in non-finite."
    if explanation is None or explanation.bad is None:
        return _first_alone(producer, size)
    lie = _lies_of(explanation.evidence, producer, image, size, channels_last).get(explanation.bad.port)
    if lie is None:
        shape = "x".join(str(each) for each in producer.shape)
        return None, "What went bad, a tensor %s, has no height and width that lie on the picture." % shape
    mask = explanation.bad.mask
    bad = on_picture(lie, mask, size)
    across, down = (max(1, round(line[0])) for line in reversed(lie.lines))
    if (across, down) == (1, 1):
        return bad, "Each bad place is a pixel."
    if down >= size[0] and across >= size[1]:
        return bad, "The tensor has one place for the whole picture, so all of it is marked."
    return bad, "A place of the tensor stands for %dx%d pixels, and what it sees is more." % (across, down)


def _first_alone(producer: Producer, size: Tuple[int, int]) -> Tuple[Optional[np.ndarray], str]:
    """The first bad place, where the tensor is exactly as large as the picture."""
    if len(producer.shape) in (3, 4) and producer.shape[-2:] == size and len(producer.index) == len(producer.shape):
        bad = np.zeros(size, dtype=bool)
        bad[producer.index[-2:]] = True
        return bad, "Marked is the first of %d bad places, which is all that is known here." % producer.count
    return None, "Where the bad places lie on it is not known here."


def _lies_of(
    evidence: Evidence, producer: Producer, image: str, size: Tuple[int, int], channels_last: bool
) -> Mapping[Tuple[int, int], Lie]:
    """How everything lies that comes of the image or of arrays of its size, such as the label."""
    begin = {}
    for i, node in enumerate(evidence.graph.nodes):
        facts = evidence.leaves.get(i)
        if node.leaf is None or node.leaf.group != "batch" or node.leaf.device != producer.device or facts is None:
            continue
        if "%s/%s" % (node.leaf.device, node.leaf.name) == image:
            begin[i] = Lie((1, 2) if channels_last else (2, 3))
        elif len(facts.shape) in (3, 4) and facts.shape[-2:] == size:
            begin[i] = Lie((len(facts.shape) - 2, len(facts.shape) - 1))
    return lies(evidence, begin)


def _crop_of(record: Record, producer: Producer) -> str:
    """Where the sample was cut out of its file, as far as its draws tell."""
    for each in record.iteration.get("samples") or ():
        if each.get("device") == producer.device and each.get("row") == producer.sample:
            draws = each.get("draws")
            if isinstance(draws, Mapping) and draws:
                return ", ".join("%s %s" % pair for pair in draws.items())
    return ""


def _graph(record: Record) -> Optional[Graph]:
    try:
        return Graph.from_json(record.graph)
    except ValueError:
        return None


# Pixels.


def _shown(sample: np.ndarray, channels_last: bool) -> np.ndarray:
    """A sample, normalised in whatever way, as (height, width, 3) uint8 over its own range; non-finite pixels are black."""
    pixels = sample if channels_last else sample.transpose(1, 2, 0)
    values = pixels[..., :3].astype(np.float64)
    finite = np.isfinite(values)
    low, high = (values[finite].min(), values[finite].max()) if finite.any() else (0.0, 1.0)
    with np.errstate(over="ignore", invalid="ignore"):
        scaled = (np.where(finite, values, low) - low) / max(high - low, 1e-12) * 255
    scaled = np.where(finite, np.nan_to_num(scaled), 0).round().clip(0, 255).astype(np.uint8)
    return np.ascontiguousarray(np.broadcast_to(scaled, scaled.shape[:2] + (3,)) if scaled.shape[2] == 1 else scaled)


def coloured(classes: np.ndarray) -> np.ndarray:
    """(height, width, 4): one colour a class, spread around the colour wheel; class 0 is transparent."""
    whole = np.nan_to_num(classes.astype(np.float64)).clip(-1e6, 1e6).astype(np.int64)
    hue = (whole * 47 % 256).astype(np.uint8)
    full = np.full(whole.shape, 255, np.uint8)
    rgb = np.asarray(Image.merge("HSV", [Image.fromarray(each) for each in (hue, full, full)]).convert("RGB"))
    return np.dstack([rgb, np.where(whole != 0, 255, 0).astype(np.uint8)])


def _red(bad: np.ndarray) -> np.ndarray:
    """(height, width, 4): red; where it covers half of the picture, the picture shows through."""
    marks = np.zeros(bad.shape + (4,), np.uint8)
    marks[bad] = (255, 0, 64, 255 if bad.mean() < 0.5 else 90)
    return marks


def _rings(bad: np.ndarray) -> Tuple[Tuple[float, float], ...]:
    """Middles of marked pixels, with those left out that stand within a ring that is there already."""
    places = np.argwhere(bad)
    if len(places) > bad.size // 50:
        return ()  # seen without
    radius = 0.04 * max(bad.shape)
    middles: List[Tuple[float, float]] = []
    for y, x in places:
        if all((x - a) ** 2 + (y - b) ** 2 > radius**2 for a, b in middles):
            middles.append((float(x), float(y)))
            if len(middles) > RINGS:
                return ((middles[0][0] + 0.5, middles[0][1] + 0.5),)
    return tuple((x + 0.5, y + 0.5) for x, y in middles)


def _address(pixels: np.ndarray) -> str:
    stream = io.BytesIO()
    photo = pixels.shape[2] == 3 and pixels.shape[0] * pixels.shape[1] >= PHOTO
    options: Mapping[str, Any] = {"quality": 88} if photo else {"optimize": True}
    Image.fromarray(pixels).save(stream, "JPEG" if photo else "PNG", **options)
    kind = "jpeg" if photo else "png"
    return "data:image/%s;base64,%s" % (kind, base64.b64encode(stream.getvalue()).decode("ascii"))


__all__: Sequence[str] = ["Picture", "coloured", "draw"]
