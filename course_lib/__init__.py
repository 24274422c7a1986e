"""Descent's library: optimizers, networks, live experiments and exercises, written to be read."""

__version__ = "0.9.0"
