"""Exercises of chapter 9, *Penalties*."""
