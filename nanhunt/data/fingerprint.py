"""Which pictures look alike: a perceptual hash of each, and the pairs of hashes that are close, in near-linear time."""

from itertools import combinations
from typing import TYPE_CHECKING, Any, List, NamedTuple, Optional, Sequence, Set, Tuple

import numpy as np
from PIL import Image
from scipy.fftpack import dct

if TYPE_CHECKING:
    from numpy.typing import NDArray

DISTANCE = 8
"""Bits of 64 in which the hashes of a picture and its copy may differ. Copies at JPEG quality 40, 0.7 or 1.4 times the size,
0.85 times as bright differ in 0.3 to 2 on average and in 8 at most (300 scenes, each at two sizes); no two of these scenes come
within 13. Box-shaped averages, whose edges lie on whole pixels, miss one scaled copy in a hundred."""

BYTES = 8
BANDS = 10
BAND = 7
LOOK = 32
FLAT = 8
"""Gray levels between the darkest and the lightest place; with fewer, a picture has nothing that could be told apart."""


class Print(NamedTuple):
    """One image: place in the split, digest of the file, hash of what it shows (None where there is nothing to see)."""

    position: int
    digest: bytes
    hash: Optional[int]


class Look(NamedTuple):
    """What a picture looks like from far away.

    Attributes:
        levels: gray levels of LOOK x LOOK pixels, row by row.
        darkest, lightest: of them.
    """

    levels: bytes
    darkest: int
    lightest: int

    @property
    def flat(self) -> bool:
        """Whether there is nothing that could be told apart."""
        return self.lightest - self.darkest < FLAT


def look_of(picture: Image.Image) -> Look:
    """All of a picture that the hash needs."""
    gray = picture if picture.mode == "L" else picture.convert("L")
    small = gray.resize((LOOK, LOOK), Image.Resampling.BILINEAR)
    return Look(small.tobytes(), *small.getextrema())


def perceptual_hashes(looks: Sequence[Optional[Look]]) -> List[Optional[int]]:
    """Of each look 64 bits as a whole number; None where there is no look, or nothing to see.

    They are those of ImageHash's `phash`: the lowest 8 x 8 cosine coefficients, above their median or not. All at once, which
    takes a twentieth of the time: one by one they were a tenth of an inspection.
    """
    clear = [(place, look.levels) for place, look in enumerate(looks) if look is not None and not look.flat]
    hashes: List[Optional[int]] = [None] * len(looks)
    if clear:
        pixels = np.frombuffer(b"".join(levels for _, levels in clear), dtype=np.uint8).reshape(-1, LOOK, LOOK)
        lowest = dct(dct(pixels.astype(np.float64), axis=1), axis=2)[:, :BYTES, :BYTES].reshape(len(clear), -1)
        bits = np.packbits(lowest > np.median(lowest, axis=1)[:, None], axis=1)
        for (place, _), row in zip(clear, bits):
            hashes[place] = int.from_bytes(row.tobytes(), "big")
    return hashes


def close_pairs(hashes: Sequence[int]) -> List[Tuple[int, int]]:
    """Pairs of places (lower first, sorted) whose hashes differ in DISTANCE bits or fewer; equal hashes count as a chain.

    Eight bits lie in eight of BANDS bands at most, so at least two bands are equal: hashes are sorted by each pair of bands,
    and only those that have the same pair are compared.
    """
    unique, first = np.unique(np.array(hashes, dtype=np.uint64), return_index=True)
    pairs: Set[Tuple[int, int]] = set()
    place_of = {int(value): int(place) for value, place in zip(unique, first)}
    for place, value in enumerate(hashes):
        if place_of[value] != place:
            pairs.add((place_of[value], place))
    bands = [(unique >> np.uint64(band[0])) & np.uint64((1 << len(band)) - 1) for band in np.array_split(np.arange(64), BANDS)]
    for one, other in combinations(bands, BANDS - DISTANCE):
        key = (one << np.uint64(BAND)) | other
        order = np.argsort(key, kind="mergesort")
        key = key[order]
        for step in range(1, len(unique)):
            same = np.flatnonzero(key[step:] == key[:-step])
            if not len(same):
                break
            left, right = order[same], order[same + step]
            near = _bits(unique[left] ^ unique[right]) <= DISTANCE
            for a, b in zip(first[left[near]], first[right[near]]):
                pairs.add((int(min(a, b)), int(max(a, b))))
    return sorted(pairs)


_BITS_OF_BYTE = np.array([bin(value).count("1") for value in range(256)], dtype=np.uint8)


def _bits(values: "NDArray[np.uint64]") -> "NDArray[Any]":
    """Bits set in each of some uint64."""
    counts: NDArray[Any] = _BITS_OF_BYTE[values.view(np.uint8).reshape(-1, BYTES)].sum(axis=1)
    return counts
