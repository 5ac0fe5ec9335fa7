"""The formats that are known, the most specific first: the first that reads a line has it."""

from typing import Tuple, Type

from nanhunt.logs.formats.base import Format
from nanhunt.logs.formats.bracketed import Bracketed
from nanhunt.logs.formats.gluoncv_segmentation import GluonCVSegmentation, NanhuntTrain
from nanhunt.logs.formats.json_lines import JSONLines
from nanhunt.logs.formats.keras import Keras
from nanhunt.logs.formats.module import Module
from nanhunt.logs.formats.name_value import NameValue
from nanhunt.logs.formats.progress_bar import ProgressBar
from nanhunt.logs.formats.tables import Table

FORMATS: Tuple[Type[Format], ...] = (
    NanhuntTrain,
    GluonCVSegmentation,
    Bracketed,
    Module,
    Keras,
    ProgressBar,
    JSONLines,
    Table,
    NameValue,
)
