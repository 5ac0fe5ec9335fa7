"""What is checked at every iteration, one probe a file. Installed as `nanhunt.probes`; `registry` chooses among all."""

from typing import Tuple

from nanhunt.probes.activations import Activations
from nanhunt.probes.aux import Aux
from nanhunt.probes.base import MOMENTS, MOST_VALUES, IterationView, Probe, Watched
from nanhunt.probes.gradients import Gradients
from nanhunt.probes.inputs import Inputs
from nanhunt.probes.loss import LossValues
from nanhunt.probes.optimizer import Optimizer
from nanhunt.probes.parameters import Parameters

BUILT_IN: Tuple[Probe, ...] = (Inputs(), Parameters(), Optimizer(), Activations(), LossValues(), Gradients(), Aux())

__all__ = ["BUILT_IN", "MOMENTS", "MOST_VALUES", "IterationView", "Probe", "Watched"]
