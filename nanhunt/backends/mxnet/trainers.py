"""Hooks in what updates parameters: Trainers, updaters and optimizers."""

from typing import TYPE_CHECKING, Any, Set

import mxnet as mx
from mxnet import gluon

from nanhunt.backends.mxnet.bounds import Bounds
from nanhunt.backends.mxnet.discovery import Discovery
from nanhunt.backends.mxnet.hooks import Hooks
from nanhunt.backends.mxnet.state import listed
from nanhunt.backends.mxnet.stores import StoreHooks
from nanhunt.backends.mxnet.updating import UpdateNotes

if TYPE_CHECKING:
    from nanhunt.backends.mxnet.instrument import MXNetInstrumentation


class TrainerHooks:
    """Tells `Discovery` of what updates, and lets an update run where the owner's gate does.

    Args:
        only: identities of the Trainers whose updates are gated; empty for all.
    """

    def __init__(
        self,
        owner: "MXNetInstrumentation",
        discovery: Discovery,
        stores: StoreHooks,
        bounds: Bounds,
        notes: UpdateNotes,
        only: Set[int],
    ) -> None:
        self._owner = owner
        self._discovery = discovery
        self._stores = stores
        self._bounds = bounds
        self._notes = notes
        self._only = only
        self._hooks = Hooks()

    def install(self) -> None:
        """Put the hooks in."""
        replace = self._hooks.replace
        replace(gluon.Trainer, "__init__", self._trainer_made)
        for name in ("step", "update", "allreduce_grads"):
            replace(gluon.Trainer, name, self._update)
        replace(mx.optimizer.Updater, "__init__", self._updater_made)
        replace(mx.optimizer.Updater, "__call__", self._updater_called)
        for kind in {*mx.optimizer.Optimizer.opt_registry.values(), mx.optimizer.Optimizer}:
            for name in ("update", "update_multi_precision"):
                if name in vars(kind):
                    replace(kind, name, self._optimizer_called)

    def remove(self) -> None:
        """Take them out."""
        self._hooks.remove()

    def _trainer_made(self, original: Any) -> Any:
        def init(trainer: Any, *arguments: Any, **options: Any) -> None:
            original(trainer, *arguments, **options)
            self._discovery.updates = True
            self._stores.trainer(trainer)

        return init

    def _update(self, original: Any) -> Any:
        def update(trainer: Any, *arguments: Any, **options: Any) -> Any:
            def run() -> Any:
                return original(trainer, *arguments, **options)

            if self._only and id(trainer) not in self._only:
                self._bounds.forget()
                with self._owner.asleep():
                    return run()
            if self._owner.sleeping:
                return run()
            self._discovery.trainer(trainer)
            self._stores.trainer(trainer)
            batch_size = arguments[0] if arguments else options.get("batch_size")
            scaler = self._stores.scaler(trainer, original.__name__, batch_size)
            return self._owner.gate(run, scaler, self._stores.shares(trainer, original.__name__, batch_size))

        return update

    def _updater_made(self, original: Any) -> Any:
        def init(updater: Any, *arguments: Any, **options: Any) -> None:
            original(updater, *arguments, **options)
            self._discovery.updates = True

        return init

    def _updater_called(self, original: Any) -> Any:
        def call(updater: Any, index: Any, grad: Any, weight: Any) -> Any:
            if not self._owner.sleeping and not self._owner.updating:
                for each, array in zip(listed(index), listed(weight)):
                    self._discovery.updater(updater, each, array)

            def run() -> Any:
                for each, array, gradient in zip(listed(index), listed(weight), listed(grad)):
                    self._notes.store(each, array, gradient)
                return original(updater, index, grad, weight)

            return self._owner.gate(run)

        return call

    def _optimizer_called(self, original: Any) -> Any:
        def update(optimizer: Any, *arguments: Any, **options: Any) -> Any:
            self._discovery.updates = True
            return self._owner.gate(lambda: original(optimizer, *arguments, **options))

        return update
