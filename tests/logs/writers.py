"""Logs in every format that is read, written as the programs write them, with the losses that a test gives."""

import json
from typing import NamedTuple


class Step(NamedTuple):
    """What one iteration prints. `iteration` counts from 0 within the epoch."""

    epoch: int
    iteration: int
    loss: float


PER_EPOCH = 5


def steps(losses, per_epoch=PER_EPOCH):
    return [Step(i // per_epoch, i % per_epoch, loss) for i, loss in enumerate(losses)]


def gluoncv_segmentation(rows):
    return ["Epoch %d iteration %04d/%04d: training loss %.3f" % (s.epoch, s.iteration, PER_EPOCH, s.loss) for s in rows]


def nanhunt_train(rows):
    return [line + "; learning rate 0.000624" for line in gluoncv_segmentation(rows)]


def gluoncv_bar(rows):
    return [
        "\rEpoch %d, training loss %.3f:  45%%|####5     | %d/%d [01:23<02:01,  1.20it/s]"
        % (s.epoch, s.loss, s.iteration + 1, PER_EPOCH)
        for s in rows
    ]


def detection(rows):
    return [
        f"[Epoch {s.epoch}][Batch {s.iteration}], Speed: {31.5:.3f} samples/sec, CrossEntropy={s.loss:.3f}, SmoothL1={1.25:.3f}"
        for s in rows
    ]


def yolo(rows):
    return [
        f"[Epoch {s.epoch}][Batch {s.iteration}], LR: 1.00E-03, Speed: 31.500 samples/sec, ObjLoss={s.loss:.3f}, ClassLoss=0.5"
        for s in rows
    ]


def estimator(rows):
    return [
        "[Epoch %d][Batch %d][Samples 64] time/interval: 0.051s training accuracy: 0.1250, training loss: %.4f, "
        % (s.epoch, s.iteration, s.loss)
        for s in rows
    ]


def module(rows):
    return [
        "INFO:root:Epoch[%d] Batch [%d-%d]\tSpeed: 1021.33 samples/sec\taccuracy=0.100000\tcross-entropy=%f"
        % (s.epoch, s.iteration, s.iteration + 1, s.loss)
        for s in rows
    ]


def imagenet(rows):
    return [
        "Epoch[%d] Batch [%d]\tSpeed: 100.0 samples/sec\taccuracy=0.2\tloss=%f\tlr=0.100000" % (s.epoch, s.iteration, s.loss)
        for s in rows
    ]


def keras(rows):
    lines = []
    for s in rows:
        if s.iteration == 0:
            lines.append("Epoch %d/9\n" % (s.epoch + 1))
        bar = "%d/%d [%s>%s]" % (s.iteration + 1, PER_EPOCH, "=" * s.iteration, "." * (PER_EPOCH - s.iteration))
        lines.append("\r%s - ETA: 3s - loss: %.4f - accuracy: 0.9000" % (bar, s.loss))
        if s.iteration == PER_EPOCH - 1:
            lines.append("\n")
    return ["".join(lines)]


def keras_3(rows):
    lines = []
    for s in rows:
        if s.iteration == 0:
            lines.append("Epoch %d/9" % (s.epoch + 1))
        lines.append(
            "\x1b[1m%d/%d\x1b[0m \x1b[32m━━━━━━━━━━\x1b[0m\x1b[37m━━━━\x1b[0m \x1b[1m0s\x1b[0m 40ms/step"
            " - accuracy: 0.1 - loss: %.4f" % (s.iteration + 1, PER_EPOCH, s.loss)
        )
    return lines


def lightning(rows):
    return [
        "\rEpoch %d:  45%%|████▌     | %d/%d [00:12<00:15,  3.60it/s, loss=%.3g, v_num=0]"
        % (s.epoch, s.iteration + 1, PER_EPOCH, s.loss)
        for s in rows
    ]


def lightning_2(rows):
    return [
        "\rEpoch %d: 100%%|██████████| %d/%d [00:00<00:00, 99.61it/s, v_num=3, train_loss_step=%.3f]"
        % (s.epoch, s.iteration + 1, PER_EPOCH, s.loss)
        for s in rows
    ]


def bar_without_epoch(rows):
    return [
        "\r 45%%|████▌     | %d/%d [00:12<00:15,  3.60it/s, loss=%.3f]" % (s.iteration + 1, PER_EPOCH, s.loss) for s in rows
    ]


def csv_table(rows):
    return ["epoch,step,loss,val_loss"] + ["%d,%d,%r," % (s.epoch, s.iteration, s.loss) for s in rows]


def json_lines(rows):
    return [json.dumps({"epoch": s.epoch, "step": s.iteration, "loss": s.loss, "lr": 0.1, "note": "a } b"}) for s in rows]


def plain(rows):
    return ["epoch %d, iter %d/%d, loss=%.6f, lr=0.01, time 0.31 s" % (s.epoch, s.iteration, PER_EPOCH, s.loss) for s in rows]


def pytorch(rows):
    return ["Epoch: [%d][ %d/%d]\tTime 0.3 (0.4)\tLoss %.4f (1.0000)" % (s.epoch, s.iteration, PER_EPOCH, s.loss) for s in rows]


def huggingface(rows):
    return ["{'loss': %.4f, 'step': %d, 'learning_rate': 5e-05, 'epoch': %d.0}" % (s.loss, s.iteration, s.epoch) for s in rows]


def with_logging_time(write):
    def lines(rows):
        return ["2026-03-05 10:00:%02d,%03d INFO %s" % (i % 60, i, line.strip("\r")) for i, line in enumerate(write(rows))]

    return lines


class Kind(NamedTuple):
    """A writer, the name that the format has, that of the loss, and what is added to the printed epoch and iteration."""

    write: object
    format: str
    loss: str
    epoch: int = 0
    iteration: int = 0


KINDS = {
    "gluoncv-segmentation": Kind(gluoncv_segmentation, "GluonCV segmentation", "training loss"),
    "nanhunt-train": Kind(nanhunt_train, "nanhunt train", "training loss"),
    "gluoncv-bar": Kind(gluoncv_bar, "GluonCV segmentation", "training loss"),
    "detection": Kind(detection, "Gluon [Epoch][Batch]", "CrossEntropy"),
    "yolo": Kind(yolo, "Gluon [Epoch][Batch]", "ObjLoss"),
    "estimator": Kind(estimator, "Gluon [Epoch][Batch]", "loss"),
    "module": Kind(module, "MXNet Module", "cross-entropy", 0, 1),
    "module-with-time": Kind(with_logging_time(module), "MXNet Module", "cross-entropy", 0, 1),
    "imagenet": Kind(imagenet, "MXNet Module", "loss"),
    "keras": Kind(keras, "Keras", "loss", 1, 1),
    "keras-3": Kind(keras_3, "Keras", "loss", 1, 1),
    "lightning": Kind(lightning, "progress bar (tqdm, Lightning)", "loss", 0, 1),
    "lightning-2": Kind(lightning_2, "progress bar (tqdm, Lightning)", "train_loss_step", 0, 1),
    "bar-without-epoch": Kind(bar_without_epoch, "progress bar (tqdm, Lightning)", "loss", 0, 1),
    "csv": Kind(csv_table, "CSV", "loss"),
    "json-lines": Kind(json_lines, "JSON lines", "loss"),
    "plain": Kind(plain, "plain text (name and number)", "loss"),
    "pytorch": Kind(pytorch, "plain text (name and number)", "Loss"),
    "huggingface": Kind(huggingface, "plain text (name and number)", "loss"),
    "plain-with-time": Kind(with_logging_time(plain), "plain text (name and number)", "loss"),
}
