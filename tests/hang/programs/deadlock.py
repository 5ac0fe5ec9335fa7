"""Two threads of the program's own take two locks in opposite order, in the middle of an iteration."""

import threading

import common

first, second = threading.Lock(), threading.Lock()
both = threading.Barrier(2)


def other():
    with second:
        both.wait()
        with first:
            pass


def meet():
    threading.Thread(target=other, name="other", daemon=True).start()
    with first:
        both.wait()
        with second:
            pass


net, trainer = common.made()
common.step(net, trainer, common.batch())
common.step(net, trainer, common.batch(), meet)
