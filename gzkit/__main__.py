"""``python -m gzkit``, and with it ``accelerate launch -m gzkit``: the same as the command ``gzkit``."""

import sys

from gzkit.cli import main

sys.exit(main())
