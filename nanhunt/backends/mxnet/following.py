"""Counts the iterations of a program: each ends with an update of a `gluon.Trainer`, and the next `record` begins another."""

from typing import Any, Callable

import mxnet as mx
from mxnet import autograd, gluon, nd

from nanhunt.backends.mxnet.hooks import Hooks
from nanhunt.backends.planting import Follower

_MOST_BACKWARDS = 256
"""Of one iteration: more may sum their gradients for one update, but who never asks for one writes the update out."""


class FollowingHooks:
    """Tells a Follower.

    To be installed after all other hooks: what it counts is then counted before they see it.

    Args:
        ours: whether it is not the program that runs operators in this thread now.

    Attributes:
        iteration: the one that runs, or is over.
    """

    def __init__(self, follower: Follower, ours: Callable[[], bool]) -> None:
        self._follower = follower
        self._ours = ours
        self._hooks = Hooks()
        self._updated = True
        self._updating = False
        self._backwards = 0
        self.iteration = -1

    def install(self) -> None:
        """Put the hooks in."""
        replace = self._hooks.replace
        replace(autograd._RecordingStateScope, "__enter__", self._enter_scope)
        replace(nd.NDArray, "backward", self._backward)
        replace(autograd, "backward", self._backward)
        for name in ("step", "update"):
            replace(gluon.Trainer, name, self._update)
        replace(mx.executor.Executor, "backward", self._executor)

    def remove(self) -> None:
        """Take them out."""
        self._hooks.remove()

    def _enter_scope(self, original: Any) -> Any:
        def enter(scope: Any) -> Any:
            if scope._enter_is_record and not autograd.is_recording() and self._updated and not self._ours():
                self._updated = False
                self._backwards = 0
                self.iteration += 1
                self._follower.begins(self.iteration)
            return original(scope)

        return enter

    def _backward(self, original: Any) -> Any:
        def backward(*arguments: Any, **options: Any) -> Any:
            self._backwards += 0 if self._ours() else 1
            if self._backwards > _MOST_BACKWARDS:
                self._follower.cannot("it has no update by a gluon.Trainer in %d backward passes" % _MOST_BACKWARDS)
            return original(*arguments, **options)

        return backward

    def _update(self, original: Any) -> Any:
        def update(*arguments: Any, **options: Any) -> Any:
            if self._updating or self._ours():
                return original(*arguments, **options)
            self._updating = True
            try:
                found = original(*arguments, **options)
            finally:
                self._updating = False
            nd.waitall()
            if not self._updated and self.iteration >= 0:
                self._updated = True
                self._follower.ended(self.iteration)
            return found

        return update

    def _executor(self, original: Any) -> Any:
        def backward(*arguments: Any, **options: Any) -> Any:
            if self.iteration < 0 and not self._ours():
                self._follower.cannot("it trains bound symbols, as the Module API does, and not with a gluon.Trainer")
            return original(*arguments, **options)

        return backward
