"""Textures, which share nothing with letters: no strokes on an empty background, no position, only varying greys."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from course_lib.validation import check_count, check_rng

SIDE, WAVE = 16, 5.0  # pixels of a patch along one side; and of a wave, about
TEXTURES: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "grain": lambda g, h: g,
    "specks": lambda g, h: np.exp(g),
    "pits": lambda g, h: -np.exp(g),
    "veins": lambda g, h: -abs(g),
    "patches": lambda g, h: np.sign(g) + 0.3 * h,
    "weave": lambda g, h: g * h,
}


def load_textures(rng: np.random.Generator, per_class: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw patches of six textures; each is a function of two smooth noises g and h, of mean 0 and variance 1.

    g, exp(g), −exp(g), −|g|, sign(g) + 0.3 h, g·h

    Every patch is normalized to mean 0.5 and standard deviation 1/6, so that neither reveals the texture. A few values
    then lie outside [0, 1].

    Args:
        rng: draws the noises and the order.
        per_class: patches of each texture, ≥ 1.

    Returns:
        (x, y): x of shape (6·per_class, 16, 16, 1), float32; y the index in `TEXTURES`. Shuffled.

    >>> x, y = load_textures(np.random.default_rng(0), 50)
    >>> x.shape, np.bincount(y)
    ((300, 16, 16, 1), array([50, 50, 50, 50, 50, 50]))

    Source: after Portilla and Simoncelli, A parametric texture model based on joint statistics of complex wavelet
    coefficients, 2000.
    """
    check_rng("rng", rng)
    n = check_count("per_class", per_class)
    x = np.concatenate([make(_noise(rng, n), _noise(rng, n)) for make in TEXTURES.values()])
    x -= x.mean(axis=(1, 2), keepdims=True)
    x /= x.std(axis=(1, 2), keepdims=True)
    y = np.repeat(np.arange(len(TEXTURES)), n)
    order = rng.permutation(len(y))
    return (0.5 + x / 6).astype(np.float32)[order, :, :, None], y[order]


def _noise(rng: np.random.Generator, n: int) -> np.ndarray:
    """Draw noise with waves about WAVE pixels long in every direction; shape (n, SIDE, SIDE)."""
    wide = 2 * SIDE  # a patch is a quarter of it, so that it is not periodic
    f = np.fft.fftfreq(wide)
    size = np.hypot(f[:, None], f[None, :]) * WAVE
    gain = np.exp(-((size - 1) ** 2) / 0.18)
    spectrum = np.fft.fft2(rng.standard_normal((n, wide, wide))) * gain
    noise = np.fft.ifft2(spectrum).real[:, :SIDE, :SIDE]
    return noise / np.sqrt((gain**2).mean())
