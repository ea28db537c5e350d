"""What a terminal shows of moving pictures: cells that stay until they are written again.

It knows what the measured programs write: text, SGR, and ways to go somewhere.
"""

import pathlib
import re
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "stills"))
import terminal  # noqa: E402

TOKEN = re.compile(r"\x1b\[([\d;:?]*)([A-Za-z])|\x1b[78]|\x1b[\]_P].*?(?:\x07|\x1b\\)|(.)", re.S)


class Screen:
    """A grid of cells: a glyph and two colours each."""

    def __init__(self, columns, rows):
        self.columns, self.rows = columns, rows
        self.pen = terminal.FOREGROUND, terminal.BACKGROUND, False
        self.cells = [[(" ", *self.pen[:2])] * columns for _ in range(rows)]
        self.row = self.column = 0

    def write(self, text):
        for token in TOKEN.finditer(text):
            parameters, final, char = token.groups()
            if char is not None:
                self.put(char)
            elif final == "m":
                self.pen = terminal.colours(parameters, *self.pen)
            elif final is not None and not parameters.startswith("?"):
                self.go(final, [int(p or 0) for p in parameters.split(";")])

    def put(self, char):
        if char == "\n":
            # Lines end at the last row: nothing scrolls here.
            self.row, self.column = min(self.row + 1, self.rows - 1), 0
        elif char == "\r":
            self.column = 0
        elif char >= " " and self.row < self.rows and self.column < self.columns:
            front, back, swapped = self.pen
            colours = (back, front) if swapped else (front, back)
            self.cells[self.row][self.column] = (char, *colours)
            self.column += 1

    def go(self, final, numbers):
        far = max(numbers[0], 1)
        if final in "Hf":
            numbers = [max(number, 1) for number in [*numbers, 1]]
            self.row, self.column = numbers[0] - 1, numbers[1] - 1
        elif final == "A":
            self.row = max(self.row - far, 0)
        elif final == "B":
            self.row = min(self.row + far, self.rows - 1)
        elif final == "C":
            self.column += far
        elif final == "D":
            self.column = max(self.column - far, 0)
        elif final == "G":
            self.column = far - 1

    def halves(self):
        """The mean colour of the upper and lower half of each cell: RGB, two rows a row."""
        picture = np.zeros((self.rows, 2, self.columns, 3))
        for row, cells in enumerate(self.cells):
            for column, (char, front, back) in enumerate(cells):
                for half, part in enumerate(covered(char)):
                    picture[row, half, column] = (
                        part * np.array(front) + (1 - part) * np.array(back))
        return picture.reshape(self.rows * 2, self.columns, 3)


PARTS = {}


def covered(char):
    """How much of a cell's upper and lower half the glyph covers."""
    if char not in PARTS:
        ink = terminal.coverage(char)
        middle = ink.shape[0] // 2
        PARTS[char] = ink[:middle].mean(), ink[middle:].mean()
    return PARTS[char]
