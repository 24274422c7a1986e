"""Exercises of chapter 13, *Putting it together*."""
