"""What is asked of the machine does what it says."""

import platform
import subprocess
import sys

import pytest

FAULTS = """
import resource
import sys
import numpy as np
from nanhunt.machine import keep_freed_memory

if sys.argv[1:]:
    keep_freed_memory()
np.ones(4 << 20, np.uint8)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for size in range(3 << 20, 4 << 20, 1 << 14):
    np.ones(size, np.uint8)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc can be told to keep memory")
def test_freed_memory_is_used_again_once_asked_for():
    def faults(*arguments):
        return int(subprocess.check_output([sys.executable, "-c", FAULTS, *arguments]))

    asked, usual = faults("keep"), faults()
    assert asked < usual / 4
