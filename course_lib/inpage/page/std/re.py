"""The page's re: JavaScript's own expressions, which are Python's as far as the engine uses them."""

import _page

MULTILINE = 8


def findall(pattern, text, flags=0):
    return _page.find_all(pattern, text)


def sub(pattern, replacement, text, flags=0):
    return _page.replace_all(pattern, replacement, text)
