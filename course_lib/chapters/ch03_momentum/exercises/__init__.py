"""Exercises of chapter 3, *Momentum and Nesterov*."""
