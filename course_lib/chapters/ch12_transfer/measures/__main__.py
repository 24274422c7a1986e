"""Write what the experiments of chapter 12 read."""

import json

from . import STORED, tables

STORED.write_text(json.dumps(tables(), separators=(",", ":")) + "\n", "utf-8")
