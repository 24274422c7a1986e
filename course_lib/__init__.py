"""Descent's library: optimizers, networks, live experiments and exercises, written to be read."""

__version__ = "1.0.0"
