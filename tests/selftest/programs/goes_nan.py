"""Takes the log of 0 in its third iteration, without anybody's help."""

from mxnet import autograd, gluon, nd

net = gluon.nn.Dense(1)
net.initialize()
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1})
for step in range(10):
    x = nd.ones((4, 3)) * (1 if step < 2 else 0)
    with autograd.record():
        loss = (net(x) * 0 + x.mean()).log().mean()
    loss.backward()
    trainer.step(1)
