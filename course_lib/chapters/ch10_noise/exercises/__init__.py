"""Exercises of chapter 10, *Noise as a regularizer*."""
