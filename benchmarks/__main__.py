"""Print every table, and write them into the book's page on speed."""

from pathlib import Path

from . import optimizers

PAGE = Path(__file__).parents[1] / "book" / "performance.md"
MARK = "<!-- from here on `make bench` writes -->"


def main() -> None:
    head, _, _ = PAGE.read_text("utf-8").partition(MARK)
    parts = [head.rstrip(), MARK, f"Measured on {optimizers.setting()}; float32, one thread unless said."]
    print(parts[-1])
    for table in optimizers.tables():
        print(f"\n{table.plain()}", flush=True)
        parts.append(table.markdown())
    PAGE.write_text("\n\n".join(parts) + "\n", "utf-8")


if __name__ == "__main__":
    main()
