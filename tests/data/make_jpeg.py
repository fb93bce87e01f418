#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the small JPEG files of this folder and, as .ppm beside each, the pixels Pillow reads from them.

Made with Pillow 9.4 and libjpeg-turbo 2.1.5; run it in this folder to make them again.  One file is not made here:
arithmetic.jpg is "jpegtran -arithmetic" of colour.jpg, and has its pixels.
"""
import io
from pathlib import Path

import numpy as np
from PIL import Image

W, H = 21, 13


def picture(channels):
    y, x = np.mgrid[0:H, 0:W]
    planes = [127 + 120 * np.sin(x / (3 + c) + y / (5 - c) + c) for c in range(channels)]
    return np.stack(planes, -1).astype('u1')


def jpeg(image, **options):
    out = io.BytesIO()
    image.save(out, 'JPEG', **options)
    return out.getvalue()


def cmyk(transform):
    """CMYK whose Adobe marker says how it is stored: 0 inks, 2 YCCK, None no marker."""
    data = jpeg(Image.fromarray(picture(4), 'CMYK'), quality=90)
    at = data.index(b'Adobe') - 4
    if transform is None:
        return data[:at] + data[at + 16:]
    return data[:at + 15] + bytes([transform]) + data[at + 16:]


rgb = Image.fromarray(picture(3))
exif = Image.Exif()
exif[0x112] = 6
files = {
    'colour': jpeg(rgb, quality=90),
    'full': jpeg(rgb, quality=95, subsampling=0),
    'gray': jpeg(rgb.convert('L'), quality=90),
    'progressive': jpeg(rgb, quality=90, progressive=True),
    'turned': jpeg(rgb, quality=90, exif=exif),
    'cmyk': cmyk(0),
    'inks': cmyk(None),
    'ycck': cmyk(2),
}
for name, data in files.items():
    Path(f'{name}.jpg').write_bytes(data)
    Image.open(io.BytesIO(data)).convert('RGB').save(f'{name}.ppm')
