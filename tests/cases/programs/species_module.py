"""Species from measurements with the Module API; a sixth species comes in late."""

import mxnet as mx
import numpy as np

mx.random.seed(4)
rng = np.random.RandomState(4)
SPECIES, BATCH, BATCHES = 5, 8, 12

centres = rng.normal(0, 2, (6, 7))
label = rng.randint(0, SPECIES, BATCH * BATCHES)
label[7 * BATCH + 2] = 5  # nobody told the network of this one
data = centres[label] + rng.normal(0, 0.5, (len(label), 7))
frame = mx.io.NDArrayIter(data.astype("float32"), label.astype("float32"), BATCH, label_name="species")

x = mx.sym.Variable("data")
species = mx.sym.Variable("species")
x = mx.sym.FullyConnected(x, num_hidden=16, name="hidden")
x = mx.sym.LeakyReLU(x, act_type="elu", slope=0.3)
x = mx.sym.FullyConnected(x, num_hidden=SPECIES, name="scores")
entropy = mx.sym.softmax_cross_entropy(x, species)
net = mx.sym.MakeLoss(entropy, grad_scale=1.0 / BATCH, name="loss")

module = mx.mod.Module(net, data_names=["data"], label_names=["species"])
module.bind(frame.provide_data, frame.provide_label)
module.init_params(mx.init.Xavier())
module.init_optimizer(optimizer="sgd", optimizer_params={"learning_rate": 0.1, "rescale_grad": 1.0})
for epoch in range(2):
    frame.reset()
    for step, batch in enumerate(frame):
        module.forward(batch, is_train=True)
        module.backward()
        module.update()
        print(epoch, step, module.get_outputs()[0].asnumpy().sum() / BATCH)
