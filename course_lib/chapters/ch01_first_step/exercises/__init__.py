"""Exercises of chapter 1, *Before the first step*."""
