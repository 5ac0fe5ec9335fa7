"""The faults that can be planted, one a file."""

from typing import Tuple

from nanhunt.selftest.faults.bad_input import BadInput
from nanhunt.selftest.faults.bad_label import BadLabel
from nanhunt.selftest.faults.bad_parameter import BadParameter
from nanhunt.selftest.faults.bad_statistic import BadStatistic
from nanhunt.selftest.faults.base import Expected, Fault
from nanhunt.selftest.faults.division import Division
from nanhunt.selftest.faults.exp_overflow import ExpOverflow
from nanhunt.selftest.faults.log_of_zero import LogOfZero
from nanhunt.selftest.faults.negative_root import NegativeRoot
from nanhunt.selftest.faults.optimizer_step import OptimizerStep
from nanhunt.selftest.faults.overflow import Overflow
from nanhunt.selftest.faults.softmax_underflow import SoftmaxUnderflow
from nanhunt.selftest.faults.square_root import SquareRoot

__all__ = ["FAULTS", "Expected", "Fault"]

FAULTS: Tuple[Fault, ...] = (
    BadInput(),
    BadLabel(),
    BadParameter(),
    BadStatistic(),
    LogOfZero(),
    SoftmaxUnderflow(),
    NegativeRoot(),
    ExpOverflow(),
    Division(),
    Overflow(),
    SquareRoot(),
    OptimizerStep(),
)
