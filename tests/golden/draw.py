"""Test inputs from seeds, with integers alone until the last rounding.

The same call gives the same bits with any numpy on any machine, so inputs
need not be stored: a case names a seed.  Numbers come from a counter put
through the splitmix64 finisher.
"""
import zlib

import numpy as np


def words(seed, n):
    """n u64, a function of the text `seed` and of the position alone."""
    key = np.uint64(zlib.crc32(seed.encode()) << 32 | len(seed))
    with np.errstate(over="ignore"):
        x = (np.arange(1, n + 1, dtype="u8") + key) * np.uint64(
            0x9E3779B97F4A7C15)
        x = (x ^ x >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ x >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
    return x ^ x >> np.uint64(31)


def below(seed, n, top):
    """n i8 in 0 .. top-1."""
    return (words(seed, n) >> np.uint64(33)).astype("i8") % top


def uniform(seed, shape, low, high):
    """f4 in [low, high)."""
    k = below(seed, int(np.prod(shape)), 1 << 24).reshape(shape)
    return (low + k * ((high - low) / 2**24)).astype("f4")


def normal(seed, shape, std=1.0):
    """f4, the sum of four uniform numbers, mean 0 and deviation `std`."""
    x = words(seed, int(np.prod(shape)))
    k = sum((x >> np.uint64(16 * i) & np.uint64(65535)).astype("i8")
            for i in range(4)) - 2 * 65535
    return (k * (std * 3 ** 0.5 / 65536)).astype("f4").reshape(shape)


def order(seed, n):
    """A permutation of 0 .. n-1, i8."""
    return np.argsort(words(seed, n), kind="stable").astype("i8")


def pictures(seed, n, height, width, noise=40):
    """u1 [n,height,width,3]: coarse blocks of colour under noise."""
    cell = 5
    rows, cols = -(-height // cell), -(-width // cell)
    coarse = below(seed + " blocks", n * rows * cols * 3, 256)
    fine = below(seed + " noise", n * height * width * 3, 2 * noise + 1)
    big = coarse.reshape(n, rows, cols, 3).repeat(cell, 1).repeat(cell, 2)
    x = big[:, :height, :width] + fine.reshape(n, height, width, 3) - noise
    return x.clip(0, 255).astype("u1")
