"""Metric learning with a bound executor: distances go out, the gradient of a contrastive loss comes back in."""

import mxnet as mx
import numpy as np
from mxnet import nd

mx.random.seed(19)
rng = np.random.RandomState(19)
PAIRS, FEATURES, MARGIN, LR = 10, 6, 1.5, 0.05

left, right = mx.sym.Variable("left"), mx.sym.Variable("right")
weight, bias = mx.sym.Variable("weight"), mx.sym.Variable("bias")
embed_l = mx.sym.FullyConnected(left, weight=weight, bias=bias, num_hidden=4, name="embed_left")
embed_r = mx.sym.FullyConnected(right, weight=weight, bias=bias, num_hidden=4, name="embed_right")
squared = mx.sym.sum(mx.sym.square(embed_l - embed_r), axis=1)
distance = mx.sym.sqrt(squared, name="distance")
outputs = mx.sym.Group([distance, mx.sym.BlockGrad(embed_l)])

executor = outputs.simple_bind(
    mx.cpu(),
    grad_req={"left": "null", "right": "null", "weight": "write", "bias": "write"},
    left=(PAIRS, FEATURES),
    right=(PAIRS, FEATURES),
)
executor.arg_dict["weight"][:] = nd.array(rng.normal(0, 0.4, (4, FEATURES)))
executor.arg_dict["bias"][:] = 0
no_gradient = nd.zeros((PAIRS, 4))

people = rng.normal(0, 1, (40, FEATURES)).astype("float32")
for step in range(60):
    one = rng.randint(0, 40, PAIRS)
    two = np.where(rng.uniform(size=PAIRS) < 0.4, one, rng.randint(0, 40, PAIRS))
    noise = rng.normal(0, 0.2, (PAIRS, FEATURES))
    noise[rng.uniform(size=PAIRS) < 0.02] = 0  # the same photograph twice
    executor.arg_dict["left"][:] = nd.array(people[one])
    executor.arg_dict["right"][:] = nd.array(people[two] + noise)
    d = executor.forward(is_train=True)[0]
    same = nd.array((one == two).astype("float32"))
    pull = same * d
    push = (1 - same) * nd.relu(MARGIN - d)
    loss = (nd.square(pull) + nd.square(push)).mean() / 2
    head = (pull - push) / PAIRS  # is 0 for a pair that is at distance 0 already
    executor.backward([head, no_gradient])
    for name in ("weight", "bias"):
        executor.arg_dict[name][:] -= LR * executor.grad_dict[name]
    if step % 6 == 0:
        print(step, loss.asscalar())
