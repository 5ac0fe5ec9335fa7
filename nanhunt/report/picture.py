"""Draw an offending sample: the image as it went in, its label on top, and the bad pixels marked."""

import base64
import io
from dataclasses import dataclass
from typing import Optional, Tuple

import numpy as np
from PIL import Image

from nanhunt.dump.record import Record
from nanhunt.replay.explain import Explanation


@dataclass(frozen=True)
class Pictures:
    """PNG images as `data:` addresses, and what they show."""

    image: str
    label: Optional[str]
    marked: str
    size: Tuple[int, int]
    bad_pixels: int


def draw(record: Record, explanation: Explanation) -> Optional[Pictures]:
    """The pictures; None where the sample is not known, or is no image with one or three channels."""
    producer = explanation.finding.producer
    if producer is None or producer.sample is None or explanation.bad_pixels is None:
        return None
    name = next((n for n in record.batch if n.startswith(producer.device + "/") and _is_image(record.batch[n])), None)
    if name is None:
        return None
    image = _shown(record.batch[name][producer.sample])
    height, width = image.shape[:2]
    scale = max(1, 320 // max(height, width))
    own = [array for array in (record.batch[n] for n in record.batch if n.startswith(producer.device + "/")) if array.ndim == 3]
    label = next((_label(array[producer.sample]) for array in own if array.shape[1:] == (height, width)), None)
    bad = _stretched(explanation.bad_pixels, (height, width))
    marked = (image * 0.45).astype(np.uint8)
    marked[bad] = (255, 0, 64)
    return Pictures(
        image=_png(image, scale),
        label=_png((image * 0.4 + label * 0.6).astype(np.uint8), scale) if label is not None else None,
        marked=_png(marked, scale),
        size=(width * scale, height * scale),
        bad_pixels=int(explanation.bad_pixels.sum()),
    )


def _is_image(array: np.ndarray) -> bool:
    return array.ndim == 4 and array.shape[1] in (1, 3) and array.dtype.kind == "f"


def _shown(sample: np.ndarray) -> np.ndarray:
    """(C, H, W) float, normalised in whatever way, as (H, W, 3) uint8 stretched over its own range; non-finite pixels black."""
    finite = np.isfinite(sample)
    values = np.where(finite, sample, 0).astype(np.float64)
    low, high = (values[finite].min(), values[finite].max()) if finite.any() else (0.0, 1.0)
    pixels = ((values - low) / max(high - low, 1e-12) * 255).round().astype(np.uint8)
    pixels[~finite] = 0
    return np.ascontiguousarray(
        np.repeat(pixels, 3, axis=0)[:3].transpose(1, 2, 0) if len(pixels) == 1 else pixels.transpose(1, 2, 0)
    )


def _label(classes: np.ndarray) -> np.ndarray:
    """One colour a class, spread around the colour wheel; class 0 black."""
    classes = np.nan_to_num(classes).astype(np.int64)
    hue = (classes * 47 % 256).astype(np.uint8)
    on = np.where(classes > 0, 255, 0).astype(np.uint8)
    return np.asarray(Image.merge("HSV", [Image.fromarray(each) for each in (hue, on, on)]).convert("RGB"))


def _stretched(bad: np.ndarray, shape: Tuple[int, int]) -> np.ndarray:
    """A map of bad places, of any size, as a map over the image's pixels."""
    rows = np.arange(shape[0]) * bad.shape[0] // shape[0]
    columns = np.arange(shape[1]) * bad.shape[1] // shape[1]
    return np.asarray(bad[rows][:, columns])


def _png(pixels: np.ndarray, scale: int) -> str:
    image = Image.fromarray(pixels)
    stream = io.BytesIO()
    image.resize((image.width * scale, image.height * scale), Image.Resampling.NEAREST).save(stream, "PNG")
    return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode("ascii")
