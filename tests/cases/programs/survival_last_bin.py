"""Discrete-time survival: a probability for each interval, the likelihood of events and of censored rows; Symbol API."""

import mxnet as mx
import numpy as np

BINS, FEATURES, BATCH = 8, 5, 16


def network():
    x = mx.sym.Variable("x")
    here = mx.sym.Variable("here")  # 1 in the interval of the event
    until = mx.sym.Variable("until")  # 1 up to and including the last interval seen
    event = mx.sym.Variable("event")
    hidden = mx.sym.Activation(mx.sym.FullyConnected(x, num_hidden=16, name="hidden"), act_type="tanh")
    chance = mx.sym.softmax(mx.sym.FullyConnected(hidden, num_hidden=BINS, name="bins"))
    density = mx.sym.log(mx.sym.sum(chance * here, axis=1))
    alive = 1 - mx.sym.sum(chance * until, axis=1)
    survived = mx.sym.log(alive)
    likelihood = mx.sym.where(event, density, survived)
    return mx.sym.MakeLoss(-likelihood, name="loss")


def batches(rng, count):
    for number in range(count):
        x = rng.normal(0, 1, (BATCH, FEATURES))
        time = np.clip((3 + 1.2 * x[:, 0] + rng.normal(0, 0.7, BATCH)).astype(int), 0, BINS - 2)
        event = rng.binomial(1, 0.7, BATCH)
        if number == 26:  # the study ended, and these were still there
            time[6], event[6] = BINS - 1, 0
        columns = np.arange(BINS)
        yield {"x": x, "here": columns == time[:, None], "until": columns <= time[:, None], "event": event}


def main():
    rng = np.random.RandomState(8)
    mx.random.seed(8)
    fixed = ("x", "here", "until", "event")
    symbol = network()
    grads = {name: "null" if name in fixed else "write" for name in symbol.list_arguments()}
    run = symbol.simple_bind(
        mx.cpu(), grad_req=grads, x=(BATCH, FEATURES), here=(BATCH, BINS), until=(BATCH, BINS), event=(BATCH,)
    )
    weights = [name for name in symbol.list_arguments() if name not in fixed]
    start = mx.init.Xavier()
    for name in weights:
        start(mx.init.InitDesc(name), run.arg_dict[name])
    update = mx.optimizer.get_updater(mx.optimizer.SGD(learning_rate=0.1, rescale_grad=1.0 / BATCH))
    for step, batch in enumerate(batches(rng, 40)):
        feed = {name: mx.nd.array(np.asarray(value, "float32")) for name, value in batch.items()}
        loss = run.forward(is_train=True, **feed)[0]
        run.backward()
        for number, name in enumerate(weights):
            update(number, run.grad_dict[name], run.arg_dict[name])
        if step % 5 == 0:
            print("step", step, "loss", loss.mean().asscalar())


if __name__ == "__main__":
    main()
