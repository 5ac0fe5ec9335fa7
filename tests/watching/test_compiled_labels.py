"""Labels inside what runs at once: hybridized losses and networks, bound symbols."""

import mxnet as mx
import numpy as np
import pytest
from mxnet import gluon
from mxnet.gluon import nn
from test_labels import IMAGES, SEQUENCES, TARGETS, findings, labels

import nanhunt


class Segmentation(gluon.HybridBlock):
    """SoftmaxOutput with a label to ignore, log, pick, and a map of valid pixels."""

    def __init__(self, ignored):
        super().__init__()
        self._ignored = ignored

    def hybrid_forward(self, F, prediction, label):
        label = F.cast(label, "float32")
        ignored = {"use_ignore": True, "ignore_label": self._ignored}
        probability = F.SoftmaxOutput(prediction, label, multi_output=True, **ignored)
        return -F.pick(F.log(probability), label, axis=1) * (label != self._ignored)


def hybridized(block):
    block.hybridize()
    return block


def test_a_label_without_a_class_in_a_hybridized_loss(tmp_path):
    (finding,) = findings(tmp_path, hybridized(nn.Conv2D(4, 1)), hybridized(Segmentation(-1)), IMAGES, labels(4))
    assert (finding.cause, finding.proof, finding.producer.phase) == ("bad-label", "proven", "data")
    assert (finding.producer.index, finding.producer.sample, finding.producer.count) == ((1, 2, 3), 1, 1)
    assert finding.iteration.step == 0


@pytest.mark.parametrize("value, ignored", [(None, -1), (-1, -1), (255, 255), (3, -1)])
def test_one_that_has_a_class_or_is_ignored_is_none(tmp_path, value, ignored):
    assert findings(tmp_path, nn.Conv2D(4, 1), hybridized(Segmentation(ignored)), IMAGES, labels(value)) == []


def test_the_usual_loss(tmp_path):
    loss = hybridized(gluon.loss.SoftmaxCrossEntropyLoss())
    data = np.random.RandomState(2).randn(4, 3).astype("float32")
    (finding,) = findings(tmp_path, nn.Dense(5), loss, data, np.array([0, 4, 5, 1]))
    assert finding.cause == "bad-label" and "label 5 at [2" in finding.why and "pick takes it for class 4" in finding.why


def test_a_row_beyond_the_table_of_an_embedding(tmp_path):
    net = nn.HybridSequential()
    net.add(nn.Embedding(5, 3), nn.Dense(2))
    rows = np.array([[1.0, 4.0], [5.0, 0.0]])
    (finding,) = findings(tmp_path, hybridized(net), lambda p, y: (p * p).sum(), rows, labels())
    assert finding.cause == "bad-label" and "Embedding takes it for row 4" in finding.why


def test_a_target_that_takes_more_steps_than_there_are(tmp_path):
    ctc = hybridized(gluon.loss.CTCLoss(layout="NTC"))

    def loss_of(prediction, label):
        return ctc(prediction.reshape((2, 5, 4)), label.astype("float32"))

    # What lay in memory stands for its gradient, and may make the parameters non-finite later.
    found = findings(tmp_path, nn.Dense(4), loss_of, SEQUENCES, TARGETS, on_nonfinite="warn")[0]
    assert (found.iteration.step, found.cause, found.producer.sample) == (0, "infeasible-target", 1)


def fit(folder, label, **options):
    symbol = mx.sym.Convolution(mx.sym.Variable("data"), num_filter=4, kernel=(1, 1), name="score")
    symbol = mx.sym.SoftmaxOutput(symbol, multi_output=True, name="softmax", **options)
    batches = mx.io.NDArrayIter(IMAGES, label.astype("float32"), batch_size=2, label_name="softmax_label")
    module = mx.mod.Module(symbol, context=mx.cpu())
    module.bind(batches.provide_data, batches.provide_label)
    module.init_params(mx.init.Xavier())
    module.init_optimizer(optimizer_params={"learning_rate": 0.01})
    with nanhunt.watch(dump_dir=folder) as hunt:
        for _ in range(3):
            batches.reset()
            for batch in batches:
                module.forward_backward(batch)
                module.update()
    return hunt.findings


def test_a_module(tmp_path):
    (finding,) = fit(tmp_path, labels(255))
    assert (finding.cause, finding.producer.block, finding.producer.index) == ("bad-label", "softmax_label", (1, 2, 3))


@pytest.mark.parametrize("value, options", [(None, {}), (255, {"use_ignore": True, "ignore_label": 255})])
def test_a_healthy_module(tmp_path, value, options):
    assert fit(tmp_path, labels(value), **options) == []
