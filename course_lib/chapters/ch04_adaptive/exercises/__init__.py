"""Exercises of chapter 4, *Adaptive rates*."""
