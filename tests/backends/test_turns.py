"""What nanhunt runs in an iteration leaves the program's operators the temporary memory that they had.

An operator that wants much of it stands for a convolution: with its turn and three more a round takes four, and it gets
the same piece in each. Where a graph of ours takes no multiple of four turns, it gets them all, and all grow.
"""

import json
import subprocess
import sys

PROGRAM = """
import json, resource
import mxnet as mx
from mxnet import nd
from nanhunt.backends.mxnet import joining, margins, reduction

def memory():
    with open("/proc/self/statm") as pages:
        return int(pages.read().split()[1]) * resource.getpagesize()

x, labels, one = nd.ones((1 << 16,)), nd.ones((1 << 16,), dtype="int32"), nd.ones((1,))
image = nd.ones((1, 16, 8, 8))
joiner = joining.Joiner()

def joined(arrays, what):
    joiner.restart()
    return joiner.join(arrays, what)

graphs = {
    "nothing": lambda: None,
    "dot": lambda: reduction.reduce(x),
    "means": lambda: reduction.reduce(image),
    "flat means": lambda: reduction.reduce(nd.ones((1, 8, 8, 8))),
    "standing": reduction.SumsOfSquares([x, one, image]).reduce,
    "largest": lambda: reduction.largest(labels, -1.0),
    "largest of all": lambda: reduction.largest(x, None),
    "picked": lambda: margins._smallest(x, labels, 19),
    "smallest": lambda: margins._smallest_of(x.size)(x),
    "seven means": lambda: joined([image] * 7, joining.MEANS),
    "means flat": lambda: joined([image] * 2, joining.FLAT_MEANS),
    "seven dots": lambda: joined([x] * 7, joining.DOT),
    "values": lambda: joined([one] * 5, joining.FLAT),
    "channels": lambda: joined([nd.ones((1, 16, 1, 1))] * 3, joining.CHANNELS),
    "one turn": lambda: nd.dot(one, one),
}
large = nd.ones((1 << 23,))
grown = {}
for name, graph in graphs.items():
    for number in range(3):
        nd.sort(large).wait_to_read()
        for _ in range(3):
            nd.dot(one, one)
        graph()
        nd.waitall()
        if number == 0:
            before = memory()
    grown[name] = (memory() - before) >> 20
print(json.dumps(grown))
"""


def test_each_graph_takes_a_multiple_of_four_turns():
    done = subprocess.run([sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, text=True, check=True)
    grown = json.loads(done.stdout)
    shows = grown.pop("one turn")
    assert {name: growth for name, growth in grown.items() if growth > 30} == {}  # megabytes
    assert shows > 60
