"""Exercises of chapter 6, *Second-order methods*."""
