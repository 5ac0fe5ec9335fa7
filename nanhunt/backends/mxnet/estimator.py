"""An event handler for `gluon.contrib.estimator`: the whole of `fit` is watched."""

from typing import Any, Callable

from nanhunt.errors import NanhuntError


def make_handler(watch: Callable[[Any, Any], Any]) -> Any:
    """A handler that calls `watch(net, trainer)` when training begins and closes what that returned when it ends.

    Its attribute `hunt` is the Hunt, None before training began.

    Raises:
        NanhuntError: this MXNet has no estimator.
    """
    try:
        from mxnet.gluon.contrib.estimator.event_handler import TrainBegin, TrainEnd
    except ImportError as error:
        import mxnet as mx

        raise NanhuntError(
            "MXNet %s has no gluon.contrib.estimator (1.6 and later do); use `with nanhunt.watch(...)` around the loop"
            % mx.__version__
        ) from error

    class NonFiniteHandler(TrainBegin, TrainEnd):  # type: ignore[misc]
        """Watches from `train_begin` to `train_end`."""

        def __init__(self) -> None:
            self.hunt: Any = None

        def train_begin(self, estimator: Any, *args: Any, **kwargs: Any) -> None:
            """Put the hooks in."""
            self.hunt = watch(estimator.net, estimator.trainer)

        def train_end(self, estimator: Any, *args: Any, **kwargs: Any) -> None:
            """Look at what the last update left, and take the hooks out."""
            self.hunt.close()

    return NonFiniteHandler()
