"""Live pictures, of this program and of others: bytes a frame, and how near the screen is.

See README.md for how to run it and for its table.
"""

import argparse
import pathlib
import re
import subprocess
import tempfile

import numpy as np
from PIL import Image
from skimage.metrics import structural_similarity

import clip
from screen import Screen

SAMPLE = 10


class Show:
    """A clip at one size, and how each program is made to show it."""

    def __init__(self, name, columns, rows, frames, folder, ours):
        self.name, self.columns, self.rows, self.ours = name, columns, rows, ours
        self.stem = str(folder / name)
        self.size = columns * 8, rows * 16
        self.frames = clip.store(frames(*self.size), *self.size, self.stem)

    def by(self, who):
        """What it wrote, frame by frame."""
        return getattr(self, who.replace(" ", "_"))()

    def print_live(self, who):
        words = [f"{self.stem}.rgb", *self.size, self.columns, self.rows, who]
        done = subprocess.run([self.ours, "print-live", *map(str, words)], capture_output=True,
                              check=True)
        ends = np.cumsum([0, *map(int, done.stderr.split())])
        return [done.stdout[a:b] for a, b in zip(ends, ends[1:])]

    def peersnap(self):
        return self.print_live("ours")

    def ratatui(self):
        return self.print_live("ratatui")

    def timg(self):
        out = run(["timg", "-V", "-ph", "-W", f"-g{self.columns}x{self.rows}", "--loops=1",
                   f"{self.stem}.mov"])
        return [frame for frame in re.split(rb"(?=\x1b\[\d+A)", out) if len(frame) > 100]

    def mpv(self):
        out = run(["mpv", "--no-config", "--no-terminal", "--no-audio", "--untimed",
                   "--framedrop=no", "--keepaspect=no", "--vo=tct", "--vo-tct-algo=half-blocks",
                   f"--vo-tct-width={self.columns}", f"--vo-tct-height={self.rows}",
                   f"{self.stem}.mov"])
        # It counts rows from 0 where terminals count from 1, and so draws the second over the
        # first: put right here, in its favour.
        frames = [frame for frame in re.split(rb"(?=\x1b\[0;0f)", out) if len(frame) > 100]
        return [re.sub(rb"(?<=\x1b\[)\d+(?=;0f)", lambda row: b"%d" % (int(row[0]) + 1), frame)
                for frame in frames]

    def chafa(self):
        """It plays GIFs alone, which have no colours to spare: a frame at a time, then."""
        return [b"\x1b[H" + self.chafa_of(pixels) for pixels in self.frames]

    def chafa_of(self, pixels):
        with tempfile.NamedTemporaryFile(suffix=".png") as file:
            Image.fromarray(pixels).save(file, "PNG", compress_level=1)
            file.flush()
            return run(["chafa", "-f", "symbols", "-c", "full", "--stretch",
                        "-s", f"{self.columns}x{self.rows}", file.name])

    def wanted(self, at):
        """A frame in half-cells: the mean of the pixels of each."""
        return self.frames[at].reshape(self.rows * 2, 8, self.columns, 8, 3).mean(axis=(1, 3))


def run(words):
    return subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL).stdout


def similarity(shown, wanted):
    return structural_similarity(shown, wanted, channel_axis=2, data_range=255,
                                 gaussian_weights=True, sigma=1.5, use_sample_covariance=False)


def measure(show, written):
    """Bytes a frame, without the first, and the mean SSIM of every tenth."""
    screen = Screen(show.columns, show.rows)
    similar = []
    for at, frame in enumerate(written):
        screen.write(frame.decode())
        if at % SAMPLE == SAMPLE - 1:
            similar.append(similarity(screen.halves(), show.wanted(at)))
    return np.mean([len(frame) for frame in written[1:]]), np.mean(similar)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ours", required=True, help="the benchmark's binary")
    parser.add_argument("--size", nargs="+", default=["80x24", "120x40"])
    parser.add_argument("--clip", nargs="+", default=list(clip.CLIPS))
    parser.add_argument("--who", nargs="+",
                        default=["peersnap", "timg", "chafa", "mpv", "ratatui"])
    given = parser.parse_args()
    for size in given.size:
        columns, rows = map(int, size.split("x"))
        for name in given.clip:
            print(f"\n{name}, {size:13} {'B/frame':>8} {'ratio':>6} {'SSIM':>6} {'frames':>6}")
            with tempfile.TemporaryDirectory() as folder:
                show = Show(name, columns, rows, clip.CLIPS[name], pathlib.Path(folder), given.ours)
                ours = None
                for who in given.who:
                    written = show.by(who)
                    size_of, similar = measure(show, written)
                    ours = ours or size_of
                    print(f"{who:24} {size_of:8.0f} {ours / size_of:6.3f} {similar:6.4f} "
                          f"{len(written):6}", flush=True)


if __name__ == "__main__":
    main()
