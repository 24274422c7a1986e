"""The engine of exercises."""
