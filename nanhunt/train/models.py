"""GluonCV's segmentation networks for any number of classes, any backbone and any set of devices."""

import io
import warnings
from contextlib import contextmanager, redirect_stdout
from functools import partial
from typing import Any, Callable, Dict, Iterator, List, Tuple

from nanhunt.errors import NanhuntError, UsageError
from nanhunt.train.options import TrainOptions

Say = Callable[[str], None]

_REGISTERED = "nanhunt"


def build_model(options: TrainOptions, contexts: Tuple[Any, ...], say: Say) -> Any:
    """A network with all parameters on all contexts, every shape known.

    It takes data (N, 3, crop, crop) of `options.dtype` and returns a tuple of logits, the first (N, num_class, crop, crop).

    Args:
        contexts: MXNet contexts.
        say: told in one line about each thing that differs from what GluonCV would have built.

    Raises:
        UsageError: this GluonCV has no such network, or weights cannot be downloaded.
        NanhuntError: GluonCV is not installed.
    """
    import mxnet as mx

    mx.random.seed(options.seed)
    with _quiet(), open_input_channels():
        net = _construct(options, list(contexts))
    _without_drop_block(net)
    if not _downloads(options):
        net.initialize(mx.init.Xavier(), ctx=list(contexts), force_reinit=True)
    net.cast(options.dtype)
    corrected = synchronise_over(net, len(contexts))
    if corrected:
        counts = "/".join(str(each) for each in sorted({waited for _, waited in corrected}))
        say(
            f"{len(corrected)} SyncBatchNorm layers of {options.network} would have waited for {counts} devices; "
            f"set to the {len(contexts)} in use: {', '.join(path for path, _ in corrected)}"
        )
    channels = _first_forward(net, options, contexts[0])
    if channels < options.num_class:
        raise UsageError(
            f"Expected {options.num_class} classes, found {channels} in {options.network}; take --num-class {channels}."
        )
    if options.mode == "hybrid":
        net.hybridize()
        if not compiled_gradients_are_right():
            say(
                f"MXNet {mx.__version__} computes wrong gradients in compiled networks where a value is used 5 to 7 times "
                "(apache/mxnet issue 17989), as in the PSP head; set MXNET_EXEC_INPLACE_GRAD_SUM_CAP=1 or drop --mode hybrid"
            )
    return net


@contextmanager
def open_input_channels() -> Iterator[None]:
    """Convolutions made inside infer their input channels at the first forward.

    GluonCV's heads fix 2048 and 1024 input channels, which only fits backbones with bottleneck blocks.
    """
    from mxnet.gluon import nn

    before = nn.Conv2D.__init__

    def without_in_channels(self: Any, *arguments: Any, **options: Any) -> None:
        options.pop("in_channels", None)
        before(self, *arguments, **options)

    nn.Conv2D.__init__ = without_in_channels
    try:
        yield
    finally:
        nn.Conv2D.__init__ = before


@contextmanager
def registered_classes(num_class: int) -> Iterator[str]:
    """A name under which GluonCV's constructors find a dataset of `num_class` classes."""
    from gluoncv.data import datasets

    class Classes:
        NUM_CLASS = num_class
        CLASSES = classes = tuple(str(i) for i in range(num_class))

    datasets[_REGISTERED] = Classes
    try:
        yield _REGISTERED
    finally:
        del datasets[_REGISTERED]


def synchronise_over(net: Any, devices: int) -> List[Tuple[str, int]]:
    """Make every SyncBatchNorm of the network wait for `devices` devices; those corrected: path, and what it waited for.

    GluonCV 0.7's ICNet does not hand `norm_kwargs` to all of its layers, which then take all GPUs of the machine.
    """
    from nanhunt.backends.mxnet.synchronised import fix_sync_layers, sync_layers

    wrong = [(each.path, each.waits_for) for each in sync_layers([net]) if each.waits_for != devices]
    if wrong:
        fix_sync_layers([net], devices)
    return wrong


def compiled_gradients_are_right() -> bool:
    """Whether a hybridized block sums the gradients of a value that is used five times.

    MXNet 1.4.1 does not (apache/mxnet issue 17989; the CPU build of 1.6.0 does), unless MXNET_EXEC_INPLACE_GRAD_SUM_CAP=1 is in
    the environment.
    """
    import mxnet as mx

    class Fivefold(mx.gluon.HybridBlock):  # type: ignore[misc]
        def hybrid_forward(self, F: Any, x: Any) -> Any:
            y = x * 1.5
            return F.add_n(*[F.sigmoid(y) for _ in range(5)])

    gradients = []
    for compiled in (False, True):
        block = Fivefold()
        block.hybridize(compiled)
        x = mx.nd.arange(-2, 3, 0.5)
        x.attach_grad()
        with mx.autograd.record():
            y = block(x)
        y.backward()
        gradients.append(x.grad.asnumpy())
    return bool(abs(gradients[0] - gradients[1]).max() < 1e-5)


def check_gradient_sums(options: TrainOptions, contexts: Tuple[Any, ...]) -> None:
    """Refuse a network whose gradients this build of MXNet fails to sum.

    MKL-DNN in MXNet 1.4.1 and 1.6.0 raises where five gradients or more of one value are summed and lie in memory in different
    orders; the five branches of DeepLab's pooling do.

    Raises:
        UsageError: naming the variable that turns MKL-DNN off.
    """
    import mxnet as mx

    if not (options.model_zoo or options.model).startswith("deeplab") or contexts[0].device_type != "cpu":
        return
    x = mx.nd.ones((1, 16, 8, 8))
    reordered = mx.nd.Convolution(x, mx.nd.ones((16, 16, 3, 3)), num_filter=16, kernel=(3, 3), pad=(1, 1), no_bias=True)
    try:
        mx.nd.add_n(*[reordered] * 4, x).wait_to_read()
    except mx.base.MXNetError as error:
        raise UsageError(
            f"MKL-DNN in MXNet {mx.__version__} cannot sum the gradients of {options.network}; "
            "set MXNET_MKLDNN_ENABLED=0 MXNET_STORAGE_FALLBACK_LOG_VERBOSE=0 in the environment."
        ) from error


def _construct(options: TrainOptions, contexts: List[Any]) -> Any:
    from mxnet.base import MXNetError

    try:
        import gluoncv
        from gluoncv.model_zoo import get_model
        from gluoncv.model_zoo.segbase import get_segmentation_model
    except ImportError as error:
        raise NanhuntError(f"GluonCV cannot be imported ({error}); install nanhunt[cpu] or nanhunt[seed-cpu].") from error
    common = {"aux": options.aux, "base_size": options.base_size, "crop_size": options.crop_size, "ctx": contexts}
    common.update(_normalisation(options, len(contexts)))
    common["pretrained_base"] = _downloads(options) and not options.pretrained
    try:
        if options.model_zoo is not None:
            return get_model(options.model_zoo, pretrained=options.pretrained and options.resume is None, **common)
        with registered_classes(options.num_class) as dataset:
            return get_segmentation_model(model=options.model, dataset=dataset, backbone=options.backbone, **common)
    except (KeyError, TypeError, ValueError) as error:
        raise UsageError(f"GluonCV {gluoncv.__version__} has no {options.network} ({_reason(error)}); take another.") from error
    except (OSError, RuntimeError) as error:
        if not _downloads(options) or isinstance(error, MXNetError):
            raise
        raise UsageError(_no_weights(options, error)) from error


def _normalisation(options: TrainOptions, devices: int) -> Dict[str, Any]:
    from mxnet.gluon import contrib, nn

    if not options.syncbn:
        return {"norm_layer": nn.BatchNorm, "norm_kwargs": {}}
    return {"norm_layer": contrib.nn.SyncBatchNorm, "norm_kwargs": {"num_devices": devices}}


def _downloads(options: TrainOptions) -> bool:
    """Whether weights come from GluonCV's store: not when a checkpoint replaces them all anyway."""
    return (options.pretrained_base or options.pretrained) and options.resume is None


def _no_weights(options: TrainOptions, error: BaseException) -> str:
    what = f"{options.model_zoo} weights" if options.pretrained else f"pretrained backbone of {options.network}"
    way_out = "leave out --pretrained" if options.pretrained else "train from random weights with --no-pretrained-base"
    return f"Expected to download the {what}, could not ({type(error).__name__}); {way_out}."


def _without_drop_block(net: Any) -> None:
    """GluonCV's script turns ResNeSt's DropBlock off; the module is not in every version."""
    try:
        from gluoncv.nn.dropblock import set_drop_prob
    except ImportError:
        return
    net.apply(partial(set_drop_prob, 0.0))


def _first_forward(net: Any, options: TrainOptions, context: Any) -> int:
    """Settle the shapes that construction left open, and with them all initial values; the number of classes predicted."""
    import mxnet as mx

    blank = mx.nd.zeros((1, 3, options.crop_size, options.crop_size), ctx=context, dtype=options.dtype)
    try:
        outputs = net(blank)
        outputs[0].wait_to_read()
    except mx.base.MXNetError as error:
        raise UsageError(
            f"{options.network} cannot run on {context} in {options.dtype} at --crop-size {options.crop_size}: {_reason(error)}"
        ) from error
    shape = outputs[0].shape
    if len(shape) != 4 or shape[2:] != blank.shape[2:]:
        raise UsageError(f"Expected a segmentation network, found that {options.network} turns {blank.shape} into {shape}.")
    return int(shape[1])


@contextmanager
def _quiet() -> Iterator[None]:
    """GluonCV prints sizes while it builds, and SyncBatchNorm warns about the devices that `synchronise_over` settles."""
    with redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _reason(error: BaseException) -> str:
    """What an exception says, without the stack that MXNet's and GluonCV's messages carry."""
    text = str(error.args[0] if isinstance(error, KeyError) and error.args else error).strip()
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) > 1 and lines[0].startswith("Traceback"):
        lines = [line for line in lines if line.startswith(("Error in", "MXNetError:"))] or lines[-1:]
    return lines[0] if lines else type(error).__name__
