"""Exercises of chapter 12, *Transfer learning*."""
