"""What every test relies on: one thread for each process, no window, no clock."""

import os

from hypothesis import settings

# Before numpy is imported: pytest-xdist already runs one process a core.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")
os.environ.setdefault("MPLBACKEND", "Agg")

# A deadline would make a test depend on how busy the machine is.
settings.register_profile("course", deadline=None, print_blob=True)
settings.load_profile("course")
