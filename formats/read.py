#!/usr/bin/env python3
"""A reader of tensor streams (stream.md) in a dozen lines, to copy from.

    for item in read('x.tz'): ...       header, records, end; and again for each stream in the file
    read.py FILE...                     prints the items
"""
import sys
import msgpack, numpy, zstandard

def tensor(m):
    return numpy.frombuffer(m['data'], '<' + m['dtype']).reshape(m['shape']) if set(m) == {'dtype', 'shape', 'data'} else m

def read(path):
    data, size, unpacker = open(path, 'rb').read(), 0, msgpack.Unpacker(object_hook=tensor, max_buffer_size=0)
    while data:
        frame = zstandard.ZstdDecompressor().decompressobj()
        size += unpacker.feed(plain := frame.decompress(data)) or len(plain)
        data = frame.unused_data if frame.eof else sys.exit('truncated stream')
    items = list(unpacker)
    if unpacker.tell() < size or not items or 'end' not in items[-1]:
        sys.exit('truncated stream')
    return items

if __name__ == '__main__':
    for path in sys.argv[1:]:
        for item in read(path):
            print(item)
