"""A loop of Python that never ends, in the middle of an iteration."""

import common


def search():
    number = 0
    while number >= 0:
        number += 1


net, trainer = common.made()
common.step(net, trainer, common.batch())
common.step(net, trainer, common.batch(), search)
