"""What the build of the book needs: a Sphinx extension and mathematics rendered by KaTeX."""
