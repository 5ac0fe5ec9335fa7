"""A regular expression that backtracks for years, and keeps the GIL to itself meanwhile."""

import re

import common

net, trainer = common.made()
common.step(net, trainer, common.batch())
common.step(net, trainer, common.batch(), lambda: re.match(r"(a+)+b", "a" * 60))
