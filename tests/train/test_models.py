"""GluonCV's networks, built for any number of classes and any backbone."""

from dataclasses import replace

import mxnet as mx
import pytest
from mxnet.gluon import nn
from mxnet.gluon.contrib.nn import SyncBatchNorm

from nanhunt.errors import UsageError
from nanhunt.train.loss import make_loss
from nanhunt.train.models import build_model, check_gradient_sums, open_input_channels, synchronise_over
from nanhunt.train.options import TrainOptions

OPTIONS = TrainOptions(backbone="resnet18", pretrained_base=False, crop_size=64)
CPU = (mx.cpu(0),)
OLD = mx.__version__ < "1.5"


def said_by(options, contexts=CPU):
    lines = []
    return build_model(options, contexts, lines.append), lines


@pytest.mark.parametrize(
    "changes",
    [
        {"model": "psp"},
        {"model": "psp", "aux": True},
        {"model": "psp", "backbone": "resnet50"},
        {"model": "icnet"},
        {"model": "icnet", "backbone": "resnet50", "syncbn": True},
        {"model": "icnet", "crop_size": 48},
        {"model": "fcn", "crop_size": 61},
    ],
    ids=lambda changes: "-".join(str(each) for each in changes.values()),
)
def test_forward_loss_and_backward(changes):
    check_forward_loss_and_backward(replace(OPTIONS, **changes))


def check_forward_loss_and_backward(options):
    net, _ = said_by(options)
    crop = options.crop_size
    data = mx.nd.random.normal(shape=(2, 3, crop, crop))
    label = mx.nd.array(mx.nd.random.randint(0, 19, (2, crop, crop)).asnumpy(), dtype="int32")
    with mx.autograd.record():
        outputs = net(data)
        losses = make_loss(options)(*outputs, label)
    losses.backward()
    assert outputs[0].shape == (2, 19, crop, crop)
    assert losses.shape == (2,)
    assert all((p.grad().asnumpy() != 0).any() for n, p in net.collect_params(".*conv.*weight").items() if p.grad_req != "null")


def test_deeplab_is_refused_for_training_exactly_where_it_cannot_be_trained():
    options = replace(OPTIONS, model="deeplab")
    net, _ = said_by(options)
    assert net(mx.nd.zeros((1, 3, 64, 64)))[0].shape == (1, 19, 64, 64)
    try:
        check_gradient_sums(options, CPU)
    except UsageError as error:
        assert "MXNET_MKLDNN_ENABLED=0" in str(error)
        with pytest.raises(mx.base.MXNetError):  # MKL-DNN of 1.4.1 and 1.6.0 cannot sum its gradients
            check_forward_loss_and_backward(options)
    else:
        check_forward_loss_and_backward(options)


def test_any_number_of_classes():
    net, _ = said_by(replace(OPTIONS, model="psp", num_class=7))
    assert net(mx.nd.zeros((1, 3, 64, 64)))[0].shape == (1, 7, 64, 64)


def test_the_same_seed_gives_the_same_initial_values():
    first, second = (said_by(replace(OPTIONS, model="psp"))[0]._collect_params_with_prefix() for _ in range(2))
    assert all((first[name].data().asnumpy() == second[name].data().asnumpy()).all() for name in first)


def test_construction_is_silent_and_puts_everything_back(capfd):
    import gluoncv.data

    constructor, datasets = nn.Conv2D.__init__, dict(gluoncv.data.datasets)
    said_by(replace(OPTIONS, model="icnet", syncbn=True))
    assert "crop_size" not in capfd.readouterr().out
    assert nn.Conv2D.__init__ is constructor
    assert dict(gluoncv.data.datasets) == datasets


def test_open_input_channels_ends_with_an_error_too():
    constructor = nn.Conv2D.__init__
    with pytest.raises(ZeroDivisionError), open_input_channels():
        raise ZeroDivisionError
    assert nn.Conv2D.__init__ is constructor


def test_layers_that_would_wait_for_other_devices_are_set_right():
    net, _ = said_by(replace(OPTIONS, model="icnet", syncbn=True))
    wrong = []
    net.apply(lambda block: wrong.append(block) if isinstance(block, SyncBatchNorm) and len(wrong) < 9 else None)
    for block in wrong:
        block._kwargs["ndev"] = 8
    assert [waited for _, waited in synchronise_over(net, 1)] == [8] * 9
    assert synchronise_over(net, 1) == []


def test_icnet_with_syncbn_on_a_machine_with_more_gpus_does_not_hang(monkeypatch):
    monkeypatch.setattr(mx.test_utils, "list_gpus", lambda: range(8))
    monkeypatch.setattr(mx.context, "num_gpus", lambda: 8)
    net, lines = said_by(replace(OPTIONS, model="icnet", syncbn=True))
    assert len(lines) == 1
    assert "SyncBatchNorm layers of icnet resnet18 would have waited for 8 devices; set to the 1 in use" in lines[0]
    with mx.autograd.record():
        net(mx.nd.zeros((2, 3, 64, 64)))[0].wait_to_read()


@pytest.mark.parametrize(
    "changes, said",
    [
        ({"pretrained_base": True}, "download the pretrained backbone of fcn resnet18, could not"),
        ({"model_zoo": "psp_resnet50_ade", "pretrained": True, "crop_size": 64}, "leave out --pretrained"),
        ({"model_zoo": "nope"}, "has no nope"),
        ({"model_zoo": "resnet18_v1b"}, "Expected a segmentation network, found that resnet18_v1b turns"),
        ({"dtype": "float16"}, "float16"),
    ],
)
def test_what_cannot_be_built_is_one_line(changes, said, monkeypatch):
    def refuse(*arguments, **options):
        raise OSError("no network in this test")

    import gluoncv.model_zoo.model_store

    monkeypatch.setattr(gluoncv.model_zoo.model_store, "get_model_file", refuse)
    with pytest.raises(UsageError) as caught:
        said_by(replace(OPTIONS, **changes))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_no_download_is_tried_where_a_checkpoint_replaces_it(tmp_path, monkeypatch):
    import gluoncv.model_zoo.model_store

    monkeypatch.setattr(gluoncv.model_zoo.model_store, "get_model_file", lambda *a, **k: 1 / 0)
    said_by(replace(OPTIONS, pretrained_base=True, resume=tmp_path / "some.params"))


def test_compiled_networks_are_the_same_network():
    plain, _ = said_by(replace(OPTIONS, model="psp"))
    compiled, lines = said_by(replace(OPTIONS, model="psp", mode="hybrid"))
    data = mx.nd.random.normal(shape=(2, 3, 64, 64))
    assert abs(plain(data)[0].asnumpy() - compiled(data)[0].asnumpy()).max() < 1e-5
    assert len(lines) == (1 if OLD else 0), "1.6.0 computes right gradients, by measurement"
