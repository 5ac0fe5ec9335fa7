"""The faults that can be planted, one a file."""

from typing import List, Sequence, Tuple

from nanhunt.errors import UsageError
from nanhunt.selftest.faults.bad_input import BadInput
from nanhunt.selftest.faults.bad_label import BadLabel
from nanhunt.selftest.faults.bad_parameter import BadParameter
from nanhunt.selftest.faults.bad_statistic import BadStatistic
from nanhunt.selftest.faults.base import Expected, Fault
from nanhunt.selftest.faults.division import Division
from nanhunt.selftest.faults.exp_overflow import ExpOverflow
from nanhunt.selftest.faults.exploding_gradients import ExplodingGradients
from nanhunt.selftest.faults.inf_minus_inf import InfMinusInf
from nanhunt.selftest.faults.infeasible_target import InfeasibleTarget
from nanhunt.selftest.faults.inverse_trig_domain import InverseTrigDomain
from nanhunt.selftest.faults.log_of_negative import LogOfNegative
from nanhunt.selftest.faults.log_of_zero import LogOfZero
from nanhunt.selftest.faults.masked_branch import MaskedBranch
from nanhunt.selftest.faults.negative_root import NegativeRoot
from nanhunt.selftest.faults.optimizer_step import OptimizerStep
from nanhunt.selftest.faults.overflow import Overflow
from nanhunt.selftest.faults.power_domain import PowerDomain
from nanhunt.selftest.faults.softmax_underflow import SoftmaxUnderflow
from nanhunt.selftest.faults.square_root import SquareRoot
from nanhunt.selftest.faults.zero_times_inf import ZeroTimesInf

__all__ = ["FAULTS", "Expected", "Fault", "chosen"]

FAULTS: Tuple[Fault, ...] = (
    BadInput(),
    BadLabel(),
    BadParameter(),
    BadStatistic(),
    LogOfZero(),
    LogOfNegative(),
    SoftmaxUnderflow(),
    NegativeRoot(),
    ExpOverflow(),
    PowerDomain(),
    InverseTrigDomain(),
    Division(),
    InfMinusInf(),
    ZeroTimesInf(),
    Overflow(),
    SquareRoot(),
    MaskedBranch(),
    ExplodingGradients(),
    InfeasibleTarget(),
    OptimizerStep(),
)


def chosen(names: Sequence[str]) -> List[Fault]:
    """The faults of those names; all where there are none.

    Raises:
        UsageError: there is none of that name.
    """
    known = [each.name for each in FAULTS]
    unknown = [each for each in names if each not in known]
    if unknown:
        raise UsageError("Expected --only out of %s, found %s." % (", ".join(known), unknown[0]))
    return [each for each in FAULTS if not names or each.name in names]
