"""What `make bench` writes comes between its marks on the page, and nothing else changes."""

import importlib

import pytest

main = importlib.import_module("benchmarks.__main__")


def test_the_page_has_marks_for_every_section():
    page = main.PAGE.read_text("utf-8")
    for name in main.NAMES:
        assert main.replace(page, name, "tables").count("tables") >= 1
    assert page.count("`make bench` writes -->") == len(main.NAMES)


def test_only_its_own_section_is_rewritten():
    begin, end = "<!-- {0}: from here on `make bench` writes -->", "<!-- {0}: up to here -->"
    parts = (f"about {{0}}\n{begin}\n\nold {{0}}\n\n{end}\n".format(name) for name in main.NAMES)
    page = "".join(parts)
    new = main.replace(page, "networks", "new")
    assert new == page.replace("old networks", "new")
    assert main.replace(new, "networks", "new") == new
    with pytest.raises(ValueError, match=r"performance\.md must have the marks <!-- cooking"):
        main.replace(page, "cooking", "new")


def test_an_unknown_section_is_told():
    with pytest.raises(SystemExit, match="unknown: cooking; there are optimizers, networks, augmentation"):
        main.main(["cooking"])


def test_a_section_writes_its_tables(tmp_path, monkeypatch, capsys):
    page = tmp_path / "page.md"
    page.write_text(
        "head\n<!-- augmentation: from here on `make bench` writes -->\n<!-- augmentation: up to here -->\nend"
    )
    augmentation = importlib.import_module("benchmarks.augmentation")
    table = augmentation.Table("Title", "Text.", ("a", "b"), [("x", "1.0×")])
    monkeypatch.setattr(main, "PAGE", page)
    monkeypatch.setattr(augmentation, "tables", lambda: iter([table]))
    main.main(["augmentation"])
    text = page.read_text("utf-8")
    assert text.startswith("head\n") and text.endswith("\nend")
    assert "\n\n### Title\n\nText.\n\n| a | b |\n| :-- | --: |\n| x | 1.0× |\n\n" in text
    assert "Measured on " in text and "Pillow " in text and "Title" in capsys.readouterr().out
