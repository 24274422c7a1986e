"""Errors of indentation and of strings that do not end, in CPython's words: Brython has others, or another line."""

TAB = 8


def layout_error(text):
    """Return the first error in how the lines of a text are laid out, or None."""
    levels, other = [0], [0]  # columns with a tab to the next multiple of 8, and with a tab of 1
    depth, quote, opened = 0, "", 0
    lines = text.split("\n")
    expected = False  # a block, after a colon
    continued = False
    for number, line in enumerate(lines, 1):
        code = line.strip()
        if not (quote or depth or continued) and code and not code.startswith("#"):
            column, alternative = _columns(line)
            if column == levels[-1]:
                if alternative != other[-1]:
                    return _error(TabError, "inconsistent use of tabs and spaces in indentation", number, line)
            elif column > levels[-1]:
                if alternative <= other[-1]:
                    return _error(TabError, "inconsistent use of tabs and spaces in indentation", number, line)
                if not expected:
                    return _error(IndentationError, "unexpected indent", number, line)
                levels.append(column)
                other.append(alternative)
            else:
                while column < levels[-1]:
                    levels.pop()
                    other.pop()
                if column != levels[-1]:
                    words = "unindent does not match any outer indentation level"
                    return _error(IndentationError, words, number, line)
                if alternative != other[-1]:
                    return _error(TabError, "inconsistent use of tabs and spaces in indentation", number, line)
        started = quote
        depth, quote, last = _scan(line, depth, quote)
        if len(quote) == 1:
            if not line.endswith("\\"):
                return _error(SyntaxError, f"unterminated string literal (detected at line {number})", number, line)
        if quote and not started:
            opened = number
        continued = line.endswith("\\") and not quote
        if code and not code.startswith("#") and not quote:
            expected = last == ":" and not depth
    if len(quote) == 3:
        words = f"unterminated triple-quoted string literal (detected at line {len(lines) - (not lines[-1])})"
        return _error(SyntaxError, words, opened, lines[opened - 1])
    return None


def _columns(line):
    column = alternative = 0
    for letter in line:
        if letter == " ":
            column, alternative = column + 1, alternative + 1
        elif letter == "\t":
            column, alternative = (column // TAB + 1) * TAB, alternative + 1
        else:
            break
    return column, alternative


def _scan(line, depth, quote):
    """Return the depth of brackets after a line, the quote of a string that goes on, and the last letter of code."""
    i, last = 0, ""
    while i < len(line):
        letter = line[i]
        if quote:
            if letter == "\\":
                i += 1
            elif line.startswith(quote, i):
                i += len(quote) - 1
                quote, last = "", letter
        elif letter == "#":
            break
        elif letter in "\"'":
            quote = letter * 3 if line.startswith(letter * 3, i) else letter
            i += len(quote) - 1
        else:
            depth = max(depth + (letter in "([{") - (letter in ")]}"), 0)
            last = letter if letter.strip() else last
        i += 1
    return depth, quote, last


def _error(kind, words, number, line):
    error = kind(words)
    error.msg, error.lineno, error.offset, error.text = words, number, 1, line
    return error
