"""The checks of `nanhunt inspect-data`, one a file; `CHECKS` is their order in every report."""

from typing import Tuple

from nanhunt.data.checks.base import ERROR, NOTE, SEVERITIES, WARNING, Check, Problem, Settings
from nanhunt.data.checks.empty_list import EmptyList
from nanhunt.data.checks.empty_mask import EmptyMask
from nanhunt.data.checks.gray_image import GrayImage
from nanhunt.data.checks.label_range import LabelRange
from nanhunt.data.checks.listed_twice import ListedTwice
from nanhunt.data.checks.mask_size import MaskSize
from nanhunt.data.checks.missing_image import MissingImage
from nanhunt.data.checks.missing_mask import MissingMask
from nanhunt.data.checks.narrow_image import NarrowImage
from nanhunt.data.checks.non_finite import NonFinite
from nanhunt.data.checks.person_count import PersonCount
from nanhunt.data.checks.picture_mode import PictureMode
from nanhunt.data.checks.stray_mask import StrayMask
from nanhunt.data.checks.unreadable import Unreadable

__all__ = ["CHECKS", "ERROR", "NOTE", "SEVERITIES", "WARNING", "Check", "Problem", "Settings"]

CHECKS: Tuple[Check, ...] = (
    EmptyList(),
    NonFinite(),
    LabelRange(),
    Unreadable(),
    MissingImage(),
    MissingMask(),
    PersonCount(),
    MaskSize(),
    PictureMode(),
    NarrowImage(),
    EmptyMask(),
    StrayMask(),
    ListedTwice(),
    GrayImage(),
)
