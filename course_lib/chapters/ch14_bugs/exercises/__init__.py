"""Exercises of chapter 14, *Bugs in the wild*: each begins with broken code."""
