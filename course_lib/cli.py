"""The `course` command."""


def main() -> int:
    """Run one sub-command."""
    return 0
