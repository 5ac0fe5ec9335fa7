"""All checks, those that need no forward first."""

from dataclasses import replace
from typing import List

from nanhunt.preflight.base import SEVERITIES, Remark, Subject
from nanhunt.preflight.checks.division import Division
from nanhunt.preflight.checks.half_precision import HalfPrecision
from nanhunt.preflight.checks.labels import LabelRange
from nanhunt.preflight.checks.learning_rate import LearningRate
from nanhunt.preflight.checks.loader import Loader
from nanhunt.preflight.checks.log_of_softmax import LogOfSoftmax
from nanhunt.preflight.checks.logarithm import Logarithm
from nanhunt.preflight.checks.parameters import Parameters
from nanhunt.preflight.checks.root import Root
from nanhunt.preflight.checks.statistics import Statistics
from nanhunt.preflight.checks.sync_batch_norm import SyncBatchNorm
from nanhunt.preflight.ranges import Ranges

CHECKS = (
    SyncBatchNorm(),
    Parameters(),
    Statistics(),
    LearningRate(),
    HalfPrecision(),
    Loader(),
    LabelRange(),
    LogOfSoftmax(),
    Logarithm(),
    Root(),
    Division(),
)


def examine(subject: Subject) -> List[Remark]:
    """What all checks say, errors first; of what is called more than once at one line, once."""
    if subject.graph is not None:
        subject = replace(subject, ranges=Ranges(subject.graph))
    remarks = dict.fromkeys(remark for check in CHECKS for remark in check.look(subject))
    return sorted(remarks, key=lambda remark: SEVERITIES.index(remark.severity))
