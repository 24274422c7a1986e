"""Exercises of chapter 11, *Data augmentation*."""
