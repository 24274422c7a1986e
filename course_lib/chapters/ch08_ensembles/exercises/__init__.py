"""Exercises of chapter 8, *Model ensembles*."""
