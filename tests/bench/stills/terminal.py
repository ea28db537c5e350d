"""What a terminal shows of what is printed to it: SGR colours and glyphs, as pixels.

It knows as much of ECMA-48 as pictures need. Glyphs that are made of blocks are drawn from their
Unicode definitions, exactly; all others by a font.
"""

import re
import unicodedata2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

CELL = (16, 8)  # rows and columns of pixels
FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf"
FOREGROUND, BACKGROUND = (229, 229, 229), (0, 0, 0)

NAMED = [(0, 0, 0), (205, 0, 0), (0, 205, 0), (205, 205, 0), (0, 0, 238), (205, 0, 205),
         (0, 205, 205), (229, 229, 229), (127, 127, 127), (255, 0, 0), (0, 255, 0),
         (255, 255, 0), (92, 92, 255), (255, 0, 255), (0, 255, 255), (255, 255, 255)]


def indexed(index):
    """xterm's 256."""
    if index < 16:
        return NAMED[index]
    if index < 232:
        cube = index - 16
        return tuple(0 if s == 0 else 55 + 40 * s for s in (cube // 36, cube // 6 % 6, cube % 6))
    return (8 + 10 * (index - 232),) * 3


def show(text, columns, rows):
    """The picture, float RGB of `rows * 16` by `columns * 8` pixels."""
    picture = np.zeros((rows * CELL[0], columns * CELL[1], 3))
    picture[:] = BACKGROUND
    front, back, swapped = FOREGROUND, BACKGROUND, False
    row = column = 0
    for token in re.finditer(r"\x1b\[([\d;:?]*)([A-Za-z])|\x1b[\]_P].*?(?:\x07|\x1b\\)|\x1b.|(.)",
                             text, re.S):
        parameters, final, char = token.groups()
        if final == "m":
            front, back, swapped = colours(parameters, front, back, swapped)
        elif final in ("H", "f"):
            place = [int(p or 1) for p in (parameters + ";;").split(";")[:2]]
            row, column = place[0] - 1, place[1] - 1
        elif final == "G":
            column = int(parameters or 1) - 1
        elif final == "C":
            column += int(parameters or 1)
        elif final or char is None:
            pass
        elif char == "\n":
            row, column = row + 1, 0
        elif char == "\r":
            column = 0
        elif row < rows and column < columns:
            ink = coverage(char)[:, :, None]
            ground = (back, front) if swapped else (front, back)
            y, x = row * CELL[0], column * CELL[1]
            picture[y:y + CELL[0], x:x + CELL[1]] = (
                ink * np.array(ground[0]) + (1 - ink) * np.array(ground[1]))
            column += 1
    return picture


def colours(parameters, front, back, swapped):
    """The state after one SGR sequence."""
    codes = [int(p or 0) for p in re.split("[;:]", parameters)]
    while codes:
        code = codes.pop(0)
        if code in (38, 48):
            if codes.pop(0) == 2:
                colour, codes = tuple(codes[:3]), codes[3:]
            else:
                colour = indexed(codes.pop(0))
            front, back = (colour, back) if code == 38 else (front, colour)
        elif 30 <= code <= 37 or 90 <= code <= 97:
            front = NAMED[code - 30 if code < 90 else code - 82]
        elif 40 <= code <= 47 or 100 <= code <= 107:
            back = NAMED[code - 40 if code < 100 else code - 92]
        elif code == 0:
            front, back, swapped = FOREGROUND, BACKGROUND, False
        elif code == 39:
            front = FOREGROUND
        elif code == 49:
            back = BACKGROUND
        elif code in (7, 27):
            swapped = code == 7
    return front, back, swapped


GLYPHS = {}
EIGHTHS = {"ONE EIGHTH": 1, "ONE QUARTER": 2, "THREE EIGHTHS": 3, "HALF": 4, "FIVE EIGHTHS": 5,
           "THREE QUARTERS": 6, "SEVEN EIGHTHS": 7}


def coverage(char):
    """How much of each pixel of a cell the glyph covers."""
    if char not in GLYPHS:
        fine = blocks(char)
        GLYPHS[char] = drawn(char) if fine is None else averaged(fine)
    return GLYPHS[char]


def averaged(fine):
    rows, columns = CELL
    return fine.reshape(rows, fine.shape[0] // rows, columns, -1).mean(axis=(1, 3))


def blocks(char):
    """Of a glyph that is made of blocks, where it is: 48 by 8, which halves, eighths and thirds
    divide."""
    fine = np.zeros((48, 8))
    name = unicodedata2.name(char, "")
    if char in "  ":
        return fine
    if name == "FULL BLOCK":
        return fine + 1
    if name in ("LIGHT SHADE", "MEDIUM SHADE", "DARK SHADE"):
        return fine + {"L": 0.25, "M": 0.5, "D": 0.75}[name[0]]
    if name.startswith(("BLOCK SEXTANT-", "BLOCK OCTANT-")):
        rows = 3 if "SEXTANT" in name else 4
        for digit in name.split("-")[1]:
            tile(fine, int(digit) - 1, rows)
        return fine
    if name.startswith("QUADRANT "):
        for part in name[9:].split(" AND "):
            tile(fine, ["UPPER LEFT", "UPPER RIGHT", "LOWER LEFT", "LOWER RIGHT"].index(part), 2)
        return fine
    match = re.fullmatch(r"(LOWER|UPPER|LEFT|RIGHT) (.*) BLOCK", name)
    if match and match[2] in EIGHTHS:
        side, eighths = match[1], EIGHTHS[match[2]]
        if side in ("LOWER", "UPPER"):
            fine[48 - eighths * 6:] = 1
            return fine if side == "LOWER" else fine[::-1]
        fine[:, :eighths] = 1
        return fine if side == "LEFT" else fine[:, ::-1]
    return None


def tile(fine, index, rows):
    height, row, column = 48 // rows, index // 2, index % 2
    fine[row * height:(row + 1) * height, column * 4:(column + 1) * 4] = 1


def drawn(char):
    """By a font, four times as large and averaged."""
    times = 4
    size = CELL[0] * times
    font = ImageFont.truetype(FONT, int(size * 0.83))
    image = Image.new("L", (CELL[1] * times, size))
    ImageDraw.Draw(image).text((0, size * 0.8), char, 255, font, anchor="ls")
    return averaged(np.asarray(image) / 255)
