"""Print every table. Numbers are ratios of medians, taken in turns in one process on one thread."""

from . import optimizers

if __name__ == "__main__":
    optimizers.main()
