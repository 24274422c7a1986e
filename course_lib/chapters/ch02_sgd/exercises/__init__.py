"""Exercises of chapter 2, *What is wrong with SGD*."""
