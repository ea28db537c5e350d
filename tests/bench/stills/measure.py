"""Stills in cells, of this program and of others: how near they are to the photo, in how much.

See README.md for how to run it and for its table.
"""

import argparse
import pathlib
import subprocess
import sys

import numpy as np
import skimage.data
import sklearn.datasets
from PIL import Image
from scipy.ndimage import gaussian_filter

import terminal

COLUMNS, ROWS = 80, 24
SIGMA = terminal.CELL[1] / (8 * np.log(2)) ** 0.5


def photos():
    """Name and picture, cut to the shape of 80x24 cells of 8x16 pixels, and made that large."""
    shape = (COLUMNS * terminal.CELL[1], ROWS * terminal.CELL[0])
    for name, pixels in [("astronaut", skimage.data.astronaut()),
                         ("chelsea", skimage.data.chelsea()),
                         ("coffee", skimage.data.coffee()),
                         ("china", sklearn.datasets.load_sample_image("china.jpg")),
                         ("flower", sklearn.datasets.load_sample_image("flower.jpg"))]:
        image = Image.fromarray(pixels)
        width, height = image.size
        used = min(height, width * shape[1] // shape[0])
        top = (height - used) // 2
        yield name, image.crop((0, top, width, top + used)).resize(shape, Image.LANCZOS)


def light(values):
    values = np.asarray(values, float) / 255
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def stored(values):
    values = np.where(values <= 0.0031308, values * 12.92,
                      1.055 * np.maximum(values, 0) ** (1 / 2.4) - 0.055)
    return values * 255


def far(picture):
    """As seen from where a cell is about a point: blurred by a Gaussian as wide, at half its
    height, as a cell is; in light, which is what adds up on the way to an eye."""
    return stored(gaussian_filter(light(picture), (SIGMA, SIGMA, 0)))


def far_stored(picture):
    """The same in values as stored, as picture libraries do it."""
    return gaussian_filter(np.asarray(picture, float), (SIGMA, SIGMA, 0))


def psnr(a, b):
    return 10 * np.log10(255 ** 2 / np.mean((np.asarray(a, float) - np.asarray(b, float)) ** 2))


def ways(ours, others):
    """Who prints a still in cells, and how it is asked to."""
    size, place = [str(COLUMNS), str(ROWS)], f"{COLUMNS}x{ROWS}"
    yield "viuer", lambda file: [*others, file, *size, "viuer"]
    yield "ratatui-image half-blocks", lambda file: [*others, file, *size, "halfblocks"]
    yield "timg quarter", lambda file: ["timg", "-pq", "-U", f"-g{place}", "-W", file]
    for depth, mode in [("true", "full"), ("256", "256"), ("16", "16"), ("none", "none")]:
        yield f"chafa {depth}", lambda file, mode=mode: (
            ["chafa", "-f", "symbols", "-c", mode, "-s", place, "--stretch", file])
        for how in ["half", "block", "sextant", "octant", "live"]:
            yield f"ours {how} {depth}", lambda file, how=how, depth=depth: (
                [*ours, "print-still", file, *size, how, depth])


def printed(command):
    done = subprocess.run(command, capture_output=True)
    if done.returncode or not done.stdout:
        print(command, done.stderr.decode(), file=sys.stderr)
    return done.stdout


def cells(given, originals, out):
    print(f"{'':26} {'PSNR':>6} {'far':>6} {'stored':>6} {'KB':>6}")
    for way, command in ways(given.ours, given.others):
        if given.only not in way:
            continue
        figures = []
        for name, file, original in originals:
            text = printed(command(file))
            shown = terminal.show(text.decode(), COLUMNS, ROWS)
            figures.append((psnr(shown, original), psnr(far(shown), far(original)),
                            psnr(far_stored(shown), far_stored(original)), len(text) / 1000))
            both = np.concatenate([original, shown]).clip(0, 255).astype(np.uint8)
            Image.fromarray(both).save(out / f"{name} {way}.png")
        print(f"{way:26}", " ".join(f"{value:6.2f}" for value in np.mean(figures, axis=0)))


def pixels(given, originals):
    """Bytes alone, as they cross the line: what is not sixels is told in base64."""
    whole, half = [str(COLUMNS), str(ROWS)], [str(COLUMNS // 2), str(ROWS // 2)]
    most = str(10 ** 9)
    table = [("kitty", 1, [("ratatui-image", None), ("ours", [*whole, "png", most]),
                           ("ours, half the size", [*half, "png", most])]),
             ("iterm2", 1, [("ratatui-image", None), ("ours", [*whole, "jpeg", "45000"])]),
             ("sixel", 0, [("ratatui-image", None), ("ours", [*whole, "sixel", most]),
                           ("ours, at most 60 KB", [*whole, "sixel", "60000"]),
                           ("ours, half the size", [*half, "sixel", "60000"])])]
    print(f"\n{'':36} {'KB':>7} {'ratio':>6} {'of':>3}")
    for kind, base64, rows in table:
        theirs = None
        for name, words in rows:
            sizes = []
            for _, file, _ in originals:
                if words is None:
                    sizes.append(len(printed([*given.others, file, *whole, kind])))
                else:
                    raw = len(printed([*given.ours, "print-still", file, *words]))
                    sizes.append((raw + 2) // 3 * 4 if base64 else raw)
            sizes = [size for size in sizes if size]
            if not sizes:
                continue
            mean = np.mean(sizes)
            theirs = theirs or mean
            print(f"{kind + ': ' + name:36} {mean / 1000:7.1f} {mean / theirs:6.3f} {len(sizes):3}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ours", nargs="+", required=True, help="what prints our stills")
    parser.add_argument("--others", nargs="+", required=True, help="what prints others'")
    parser.add_argument("--out", default="/tmp/stills", help="a folder for pictures to look at")
    parser.add_argument("--only", default="", help="a part of the names of those to measure")
    given = parser.parse_args()
    out = pathlib.Path(given.out)
    out.mkdir(exist_ok=True)
    originals = []
    for name, image in photos():
        file = out / f"{name}.png"
        image.save(file)
        originals.append((name, str(file), np.asarray(image, float)))
    cells(given, originals, out)
    if not given.only:
        pixels(given, originals)


if __name__ == "__main__":
    main()
