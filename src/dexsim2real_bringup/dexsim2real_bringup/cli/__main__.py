"""``python -m dexsim2real_bringup.cli``: the command where its script is not on the path."""

import sys

from dexsim2real_bringup.cli import main

sys.exit(main())
