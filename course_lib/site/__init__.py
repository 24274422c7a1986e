"""The build of the book: a Sphinx extension, and mathematics rendered by KaTeX."""
