"""Several devices: the first bad one is known, whichever way it went bad; and what a loss scaler sees of it."""

import mxnet as mx
import numpy as np
import programs
import pytest
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

import nanhunt
from nanhunt.backends.base import Scaler
from nanhunt.dump.reader import DumpReader
from nanhunt.errors import NonFiniteError

try:
    from mxnet.contrib.amp.loss_scaler import LossScaler
except ImportError:  # 1.4.1
    LossScaler = None


def devices_of(error, kind):
    """On which devices something of that kind was bad."""
    with DumpReader(error.dump) as reader:
        return {each["device"] for each in reader.record.observed if each["kind"] == kind and each["nonfinite"]}


@pytest.mark.parametrize("number", [2, 3])
def test_its_own_batch(tmp_path, number):
    contexts = [mx.cpu(k) for k in range(number)]
    net, trainer = programs.segmenter(contexts=contexts)
    data = list(programs.batches(3, rows=2 * number))
    data[2][0][2 * number - 1, 0, 0, 0] = np.sqrt(np.float32(-1.0))
    with pytest.raises(NonFiniteError) as error, nanhunt.watch(net, trainer, dump_dir=tmp_path) as hunt:
        programs.train(hunt, net, trainer, programs.cross_entropy, 3, contexts, data)
    producer = error.value.finding.producer
    assert producer.device == "cpu(%d)" % (number - 1) and producer.sample == 1
    assert producer.file == "images/%04d.jpg" % (20 + 2 * number - 1)
    assert devices_of(error.value, "gradient") == {producer.device}, "they are looked at before they are added up"


def test_its_own_running_statistics(tmp_path):
    contexts = [mx.cpu(k) for k in range(3)]
    net, trainer = programs.segmenter(contexts=contexts)
    (mean,) = [each for each in net.collect_params().values() if each.name.endswith("running_mean")]
    mean.data(contexts[1])[:] = nd.log(nd.zeros(8, ctx=contexts[1])) * 0
    with pytest.raises(NonFiniteError) as error, nanhunt.watch(net, trainer, dump_dir=tmp_path) as hunt:
        programs.train(hunt, net, trainer, programs.cross_entropy, 1, contexts)
    finding = error.value.finding
    assert finding.cause == "bad-statistic" and finding.producer.device == "cpu(1)"
    assert devices_of(error.value, "aux") == {"cpu(1)"}


def test_its_backward_alone(tmp_path):
    contexts = [mx.cpu(k) for k in range(3)]
    net, trainer = programs.segmenter(contexts=contexts)
    turn = []

    def loss(prediction, label):
        turn.append(1)
        bad = len(turn) == 3 + 2  # of the second iteration the second device
        return (programs.norm_of_zero if bad else programs.cross_entropy)(prediction, label)

    with pytest.raises(NonFiniteError) as error, nanhunt.watch(net, trainer, dump_dir=tmp_path) as hunt:
        programs.train(hunt, net, trainer, loss, 3, contexts)
    finding = error.value.finding
    assert (finding.producer.phase, finding.producer.op, finding.producer.device) == ("backward", "sqrt", "cpu(1)")
    assert not finding.spread.loss and devices_of(error.value, "gradient") == {"cpu(1)"}


# Mixed precision: `mxnet.contrib.amp`'s scaler looks at the first device of what the Trainer's step has left there.

needs_amp = pytest.mark.skipif(LossScaler is None, reason="this MXNet has no mixed precision of its own")


def overflow_on(device, tmp_path, said, **options):
    """Two devices, one of whose gradients overflows under the scaler of `amp`."""
    contexts = [mx.cpu(0), mx.cpu(1)]
    net = nn.Dense(1, use_bias=False, in_units=1)
    net.initialize(mx.init.Constant(1e-30), ctx=contexts)  # the loss stays finite
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0}, **options)
    scaler = trainer._amp_loss_scaler = LossScaler()  # as amp.init_trainer does, which cannot be undone
    trainer._amp_original_scale = trainer._scale
    with nanhunt.watch(dump_dir=tmp_path, on_notice=said.append, explain=False, on_nonfinite="skip") as hunt:
        for step in range(3):
            with autograd.record():
                sizes = [3e38 if step == 1 and k == device else 1.0 for k in range(2)]
                heads = [(net(nd.array([[n]], ctx=c)) * scaler.loss_scale).sum() for n, c in zip(sizes, contexts)]
            autograd.backward(heads)
            trainer.step(1)
    return hunt, scaler


@needs_amp
@pytest.mark.parametrize("device", [0, 1])
def test_a_store_that_adds_up_shows_the_scaler_every_devices_overflow(tmp_path, device):
    said = []
    hunt, scaler = overflow_on(device, tmp_path, said, kvstore="device", update_on_kvstore=False)
    assert hunt.findings == [] and len(said) == 1 and "no update was made of them" in said[0]
    assert scaler._next_loss_scale == 2**15, "the scaler saw it"


@needs_amp
@pytest.mark.parametrize(
    "options, device, why",
    [
        ({"kvstore": "device", "update_on_kvstore": True}, 0, "updates before the loss scaler looks"),
        ({"kvstore": None}, 1, "looks at cpu(0) alone"),
    ],
)
def test_an_overflow_that_the_scaler_does_not_see_is_a_finding_that_says_why(tmp_path, options, device, why):
    said = []
    hunt, _ = overflow_on(device, tmp_path, said, **options)
    assert len(hunt.findings) == 1
    assert any(why in each and "cpu(%d)" % device in each for each in said), said


def test_a_loop_with_a_scaler_of_its_own_says_so(tmp_path):
    said = []
    weight = gluon.Parameter("weight", shape=(1,))
    weight.initialize(mx.init.Constant(1e-10))
    with nanhunt.watch(dump_dir=tmp_path, on_notice=said.append, explain=False, on_nonfinite="skip") as hunt:
        gluon.Trainer({"weight": weight}, "sgd")
        for scaler in (Scaler("all", ""), None):
            with autograd.record():
                head = (weight.data() * 3e38).sum() * 65536
            head.backward()
            assert (hunt.check(scaler) is None) == (scaler is not None)
    assert len(hunt.findings) == 1 and hunt.findings[0].iteration.step == 1
