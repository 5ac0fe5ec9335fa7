"""Key-value stores that several workers share: which one a program has, and what goes through it."""

from typing import TYPE_CHECKING, Any, Dict, List, Optional

import mxnet as mx

from nanhunt.backends.base import Scaler, WorkerPlace
from nanhunt.backends.mxnet.hooks import Hooks

if TYPE_CHECKING:
    from nanhunt.backends.mxnet.instrument import MXNetInstrumentation


class StoreHooks:
    """Hooks in the making of a key-value store and in its `push`."""

    def __init__(self, owner: "MXNetInstrumentation") -> None:
        self._owner = owner
        self._hooks = Hooks()
        self._stores: List[Any] = []
        self._trainers: Dict[int, Any] = {}

    def install(self) -> None:
        """Put the hooks in."""
        self._hooks.replace(mx.kv.KVStore, "__init__", self._made)
        self._hooks.replace(mx.kv.KVStore, "push", self._push)

    def remove(self) -> None:
        """Take them out."""
        self._hooks.remove()

    def trainer(self, trainer: Any) -> None:
        """A Trainer was made, or is used."""
        self._trainers[id(trainer)] = trainer

    def place(self) -> WorkerPlace:
        """See `Instrumentation.worker`."""
        stores = [each._kvstore for each in self._trainers.values() if is_shared(each._kvstore)] + self._stores
        if not stores:
            return WorkerPlace(None, False)
        return WorkerPlace(int(stores[0].rank), "async" in stores[0].type)

    def meet(self) -> None:
        """Make the stores that Trainers make with their first update: no worker waits in there for one that stops before."""
        for each in list(self._trainers.values()):
            if _will_share(each):
                self._make(each)

    def shares(self, trainer: Any, method: str, batch_size: Any) -> bool:
        """Whether what this Trainer is about to do is done by all workers together."""
        if _will_share(trainer):
            self._make(trainer, batch_size if method == "step" else None)
        return is_shared(trainer._kvstore) or type(trainer).__module__.startswith("horovod.")

    def scaler(self, trainer: Any, method: str, batch_size: Any) -> Optional[Scaler]:
        """The loss scaler of `mxnet.contrib.amp`, or one that has its place, which is about to look at the gradients."""
        scaler = getattr(trainer, "_amp_loss_scaler", None)
        if scaler is None or scaler.loss_scale <= 1:
            return None
        if not trainer._kv_initialized:
            self._make(trainer, batch_size if method == "step" else None)
        sees = "first"
        if getattr(scaler, "sees_all", False) or len(trainer._contexts) == 1:
            sees = "all"
        elif trainer._kvstore is not None:
            # A store that only adds up hands an overflow on any device to all of them before the scaler looks.
            sees = "none" if trainer._update_on_kvstore else "all"
        return Scaler(sees, str(trainer._contexts[0]))

    def _make(self, trainer: Any, batch_size: Any = None) -> None:
        if trainer._kv_initialized:
            return
        if batch_size:
            # As `step` does: a store that updates by itself gets the optimizer as it is now.
            trainer._optimizer.rescale_grad = trainer._scale / batch_size
        with self._owner.asleep():
            trainer._init_kvstore()

    def _made(self, original: Any) -> Any:
        def init(store: Any, *arguments: Any, **options: Any) -> None:
            original(store, *arguments, **options)
            if is_shared(store):
                self._stores.append(store)

        return init

    def _push(self, original: Any) -> Any:
        def push(store: Any, *arguments: Any, **options: Any) -> Any:
            if self._owner.sleeping or not is_shared(store):
                return original(store, *arguments, **options)
            return self._owner.gate(lambda: original(store, *arguments, **options), shared=True)

        return push


def is_shared(store: Any) -> bool:
    """Whether other workers read from and write to it."""
    return isinstance(store, mx.kv.KVStore) and "dist" in store.type


def _will_share(trainer: Any) -> bool:
    """Whether a Trainer that has no store yet will make one, or was given one, that is shared."""
    if trainer._kv_initialized:
        return False
    given = trainer._kvstore_params.get("kvstore")
    return "dist" in given if isinstance(given, str) else is_shared(given)
