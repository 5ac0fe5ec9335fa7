"""When a size that is read at every iteration grows without an end in sight."""

from collections import deque
from typing import Callable, Deque, Tuple

import numpy as np

from nanhunt.watching.early.base import SHOWN

WINDOW = 64
"""Sizes that the median is taken of."""

FACTOR = 4096.0
"""2 to the power of 12: what was usual is beneath the last bit of float32 (24 bits) in a sum of squares with what is now."""

FEWEST = 4
"""Sizes before this one, so that their median is one of training and not of an initialisation."""

STRIDES = (1, 4)
"""Iterations between the four sizes that have to double."""


class Growth:
    """Follows one size. It grows without an end in sight when all of this holds:

    - It is the largest of the run, and `FACTOR` times the median of the last `WINDOW`. A median that lags by 32 iterations
      makes this a growth of 1.3 an iteration or more; float32 then ends within 340 iterations.
    - Three times in a row it has at least doubled, from one iteration to the next or over four at a time. What approaches a
      target under a stable rate does not: from nothing it comes to a, at most 2a, at most 3a, so that the third step is at
      most 1.5; a momentum of 0.9 makes it a, 2.9a, 5.6a.

    A loss that has become almost 0 and then meets a hard sample jumps by as much, but not to the largest of the run, and not
    three times.

    It goes on until the size has fallen to half the run's largest.
    """

    def __init__(self) -> None:
        self._sizes: Deque[float] = deque(maxlen=WINDOW)
        self._largest = 0.0
        self._growing = False

    def add(self, size: float, floor: Callable[[], float]) -> float:
        """The next size; how many times the median it is if it grows, else 0.

        Args:
            floor: from where on a size can do harm; asked only if it matters.
        """
        sizes = self._sizes
        if self._growing:
            self._growing = size > self._largest / 2
        elif size > self._largest and len(sizes) >= FEWEST and size >= 2 * min(sizes[-1], sizes[-FEWEST]):
            doubled = any(self._doubled(size, stride) for stride in STRIDES)
            self._growing = doubled and size >= floor() and self._times_median(size) >= FACTOR
        times = self._times_median(size) if self._growing else 0.0
        self._largest = max(self._largest, size)
        sizes.append(size)
        return times

    @property
    def count(self) -> int:
        """How many sizes the median is taken of."""
        return len(self._sizes)

    @property
    def trend(self) -> Tuple[float, ...]:
        """The last sizes."""
        return tuple(self._sizes)[-SHOWN:]

    def _doubled(self, size: float, stride: int) -> bool:
        sizes = self._sizes
        if len(sizes) < 3 * stride:
            return False
        before = [sizes[-stride], sizes[-2 * stride], sizes[-3 * stride]]
        return size >= 2 * before[0] and before[0] >= 2 * before[1] and before[1] >= 2 * before[2] > 0

    def _times_median(self, size: float) -> float:
        median = float(np.median(np.array(self._sizes)))
        return size / median if median > 0 else 0.0
