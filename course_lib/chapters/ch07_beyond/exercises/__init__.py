"""Exercises of chapter 7, *Beyond the lecture*."""
