"""The same as `nanhunt train`, from a source checkout as well."""

import sys

from nanhunt.cli import main

if __name__ == "__main__":
    sys.exit(main(["train", *sys.argv[1:]]))
