"""The checks of `nanhunt inspect-data`, one a file; `CHECKS` is their order in every report."""

from typing import Tuple

from nanhunt.data.checks.base import ERROR, NOTE, SEVERITIES, WARNING, Check, Problem, Settings, Summary, Whole
from nanhunt.data.checks.blank_image import BlankImage
from nanhunt.data.checks.bright_image import BrightImage
from nanhunt.data.checks.class_imbalance import ClassImbalance
from nanhunt.data.checks.colour_mode import ColourMode
from nanhunt.data.checks.crop_content import CropContent
from nanhunt.data.checks.dark_image import DarkImage
from nanhunt.data.checks.duplicate import Duplicate
from nanhunt.data.checks.empty_list import EmptyList
from nanhunt.data.checks.empty_mask import EmptyMask
from nanhunt.data.checks.extreme_ratio import ExtremeRatio
from nanhunt.data.checks.extreme_size import ExtremeSize
from nanhunt.data.checks.file_type import FileType
from nanhunt.data.checks.full_mask import FullMask
from nanhunt.data.checks.gray_image import GrayImage
from nanhunt.data.checks.ignored_mask import IgnoredMask
from nanhunt.data.checks.label_range import LabelRange
from nanhunt.data.checks.leak import Leak
from nanhunt.data.checks.listed_twice import ListedTwice
from nanhunt.data.checks.lossy_mask import LossyMask
from nanhunt.data.checks.mask_size import MaskSize
from nanhunt.data.checks.missing_image import MissingImage
from nanhunt.data.checks.missing_mask import MissingMask
from nanhunt.data.checks.narrow_image import NarrowImage
from nanhunt.data.checks.near_duplicate import NearDuplicate
from nanhunt.data.checks.non_finite import NonFinite
from nanhunt.data.checks.orientation import Orientation
from nanhunt.data.checks.overlap import PersonOverlap
from nanhunt.data.checks.person_count import PersonCount
from nanhunt.data.checks.picture_mode import PictureMode
from nanhunt.data.checks.stray_mask import StrayMask
from nanhunt.data.checks.transformed import Transformed
from nanhunt.data.checks.unreadable import Unreadable
from nanhunt.data.checks.unseen_class import UnseenClass

__all__ = ["CHECKS", "ERROR", "NOTE", "SEVERITIES", "WARNING", "Check", "Problem", "Settings", "Summary", "Whole"]

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
    LossyMask(),
    NarrowImage(),
    Transformed(),
    Leak(),
    ListedTwice(),
    Duplicate(),
    BlankImage(),
    DarkImage(),
    BrightImage(),
    EmptyMask(),
    FullMask(),
    IgnoredMask(),
    PersonOverlap(),
    CropContent(),
    Orientation(),
    ColourMode(),
    FileType(),
    ExtremeSize(),
    ExtremeRatio(),
    UnseenClass(),
    ClassImbalance(),
    StrayMask(),
    NearDuplicate(),
    GrayImage(),
)
