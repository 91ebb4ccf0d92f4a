"""``python -m gzkit``, and with it ``accelerate launch -m gzkit``: the same as the command ``gzkit``."""

import sys

from gzkit.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
