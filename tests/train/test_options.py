"""What `nanhunt train` can be told."""

import argparse
import subprocess
import sys
from pathlib import Path

import pytest

from nanhunt.errors import UsageError
from nanhunt.train.options import MODELS, TrainOptions, add_options

SEED_COMMANDS = [
    f"--dataset mhp --model {model} --backbone resnet50 --syncbn --ngpus {devices} --checkname {model}_resnet50_mhp --lr {lr} "
    f"--epochs {epochs} --base-size {base} --crop-size {crop} --workers 48 {more}"
    for model, devices, lr, epochs, base, crop, more in (
        ("psp", 8, 0.001, 30, 768, 768, "--batch-size 16 --log-interval 1"),
        ("icnet", 8, 0.001, 30, 768, 768, "--batch-size 16 --log-interval 1"),
        ("psp", 8, 0.0005, 30, 768, 768, "--batch-size 16 --log-interval 1"),
        ("icnet", 8, 0.0005, 30, 768, 768, "--batch-size 16 --log-interval 1"),
        ("psp", 8, 0.001, 30, 480, 480, "--batch-size 16 --log-interval 1"),
        ("psp", 8, 0.0005, 30, 768, 480, "--batch-size 16 --log-interval 1"),
        ("psp", 1, 0.001, 30, 768, 768, "--batch-size 1 --log-interval 1"),
        ("icnet", 1, 0.001, 30, 768, 768, "--batch-size 1 --log-interval 1"),
        ("psp", 1, 0.001, 15, 768, 768, "--batch-size 1 --log-interval 1 --clip-grad 20"),
        ("psp", 8, 0.001, 240, 768, 768, ""),
        ("icnet", 8, 0.001, 240, 768, 768, ""),
    )
]

GLUONCV_OPTIONS = (
    "--model psp --model-zoo psp_resnet50_ade --pretrained --backbone resnet101 --dataset mhpv1 --workers 2 --base-size 96 "
    "--crop-size 64 --train-split train --aux --aux-weight 0.4 --epochs 3 --start_epoch 1 --batch-size 4 --test-batch-size 3 "
    "--optimizer adam --lr 0.1 --warmup-epochs 1 --momentum 0.8 --weight-decay 0.001 --no-wd --mode hybrid --no-cuda --ngpus 2 "
    "--kvstore local --dtype float16 --checkname x --save-dir here --logging-file log.txt --log-interval 5 --eval "
    "--no-val --syncbn"
)


def parse(text):
    parser = argparse.ArgumentParser()
    add_options(parser)
    return TrainOptions.from_arguments(parser.parse_args(text.split()))


@pytest.mark.parametrize("command", SEED_COMMANDS)
def test_every_command_of_the_seed_is_taken_as_it_stands(command):
    options = parse(command)
    assert options.syncbn
    assert options.pretrained_base
    assert options.folder == Path("runs", "mhp", options.model, "resnet50", options.checkname)
    assert options.dumps == options.folder / "dumps"


def test_every_option_of_gluoncvs_script_is_taken():
    options = parse(GLUONCV_OPTIONS)
    assert (options.start_epoch, options.evaluate, options.validate, options.mode) == (1, True, False, "hybrid")
    assert options.folder == Path("here")


def test_defaults_are_gluoncvs_but_for_the_dataset():
    options = parse("")
    assert (options.model, options.backbone, options.base_size, options.crop_size) == ("fcn", "resnet50", 520, 480)
    assert (options.batch_size, options.lr, options.weight_decay, options.log_interval) == (16, 1e-3, 1e-4, 20)
    assert (options.dataset, options.num_class, options.ngpus, options.clip_grad) == ("synthetic-mhp", 19, None, None)


@pytest.mark.parametrize(
    "text, said",
    [
        ("--model psp --crop-size 100", "multiple of 8 for --crop-size with psp, found 100; take 96"),
        ("--model deeplab --crop-size 92", "multiple of 8 for --crop-size with deeplab, found 92"),
        ("--model icnet --crop-size 72", "multiple of 16 of 32 or more for --crop-size with icnet, found 72; take 64"),
        ("--model icnet --crop-size 16", "multiple of 16 of 32 or more for --crop-size with icnet, found 16; take 32"),
        ("--model nope", "--model out of fcn, psp,"),
        ("--backbone vgg", "--backbone out of resnet18,"),
        ("--optimizer lion", "--optimizer out of sgd, adam, found 'lion'"),
        ("--dataset pascal", "--dataset out of mhp,"),
        ("--kvstore redis", "--kvstore out of"),
        ("--ngpus 0", "--ngpus of 1 or more, found 0"),
        ("--ngpus -1", "--ngpus of 1 or more, found -1"),
        ("--lr -0.1", "--lr of 0 or more, found -0.1"),
        ("--lr nan", "--lr of 0 or more, found nan"),
        ("--weight-decay -1", "--weight-decay of 0 or more"),
        ("--batch-size 0", "--batch-size of 1 or more"),
        ("--batch-size 2 --ngpus 4", "at least one sample for each of 4 devices, found --batch-size 2"),
        ("--epochs 0", "--epochs of 1 or more"),
        ("--epochs 3 --start-epoch 3", "--start-epoch below --epochs 3"),
        ("--epochs 3 --warmup-epochs 4", "--warmup-epochs of at most --epochs 3"),
        ("--max-iterations 0", "--max-iterations of 1 or more"),
        ("--clip-grad 0", "--clip-grad above 0"),
        ("--clip-grad inf", "--clip-grad above 0"),
        ("--num-class 1", "--num-class of 2 or more"),
        ("--seed -1", "--seed of 0 or more"),
        ("--seed 4294967296", "--seed below"),
        ("--keep-dumps -1", "--keep-dumps of 0 or more"),
        ("--resume nowhere.params", "checkpoint at --resume nowhere.params, found no such file"),
        ("--pretrained", "--model-zoo with --pretrained"),
        ("--device gpu --no-cuda", "one of --device gpu and --no-cuda"),
    ],
)
def test_what_cannot_work_is_refused_in_one_line(text, said):
    with pytest.raises(UsageError) as caught:
        parse(text)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 2


def test_every_model_has_a_crop_size_that_works():
    assert all(parse(f"--model {model} --crop-size 192") for model in MODELS)


def test_help_loads_no_framework():
    program = (
        "import sys\nfrom nanhunt.cli import main\nmain(['train', '--help'])\n"
        "print(sorted({'mxnet', 'gluoncv', 'numpy', 'rich'} & set(sys.modules)))"
    )
    out = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, check=True).stdout.decode()
    assert "--clip-grad" in out
    assert out.strip().endswith("[]")
