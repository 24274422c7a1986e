"""How much is tested: all, as `make whole` has it, or of what costs much a sample, the same each time."""

import os

WHOLE = bool(os.environ.get("WHOLE"))
