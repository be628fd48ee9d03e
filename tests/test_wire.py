"""Frames from a box are hostile until proven dull."""

import contextlib
import socket
import struct

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.sandbox import wire
from autograder.sandbox.values import WireError


def test_a_message_survives_the_way():
    """What is sent is received."""
    left, right = socket.socketpair()
    wire.send_frame(left, wire.Done(b"n", ("ValueError", "no")))
    assert wire.receive(right, wire.Answer) == wire.Done(b"n", ("ValueError", "no"))


def test_a_giant_frame_is_refused_before_it_is_read():
    """The announced length alone ends it."""
    left, right = socket.socketpair()
    left.sendall(struct.pack(">I", 0xFFFFFFFF))
    with pytest.raises(WireError, match="announced"):
        wire.receive(right, wire.Answer)


def test_a_frame_that_is_cut_off_is_an_end_of_file():
    """Half a frame and a closed socket are the death of the box."""
    left, right = socket.socketpair()
    left.sendall(struct.pack(">I", 10) + b"abc")
    left.close()
    with pytest.raises(EOFError):
        wire.receive(right, wire.Answer)


def test_a_frame_that_trickles_in_gives_up_at_the_deadline():
    """A box that sends a byte now and then does not hold the judge."""
    left, right = socket.socketpair()
    left.sendall(struct.pack(">I", 10) + b"abc")
    with pytest.raises(TimeoutError):
        wire.receive(right, wire.Answer, wire.monotonic_deadline(0.1))


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"\x91" * 100_000 + b"\xc0", id="nested a hundred thousand deep"),
        pytest.param(b"\xdd\xff\xff\xff\xff", id="a list that claims four billion items"),
        pytest.param(b"\xdd\x00\x0f\xff\xff" + b"\xc0" * 0xFFFFF, id="a million empty items"),
        pytest.param(b"\xc6\xff\xff\xff\xff", id="bytes that claim four gigabytes"),
        pytest.param(b"\xc7\x01\x05\x00", id="an extension type"),
        pytest.param(b"\xc0\xc0", id="trailing bytes"),
        pytest.param(b"", id="nothing"),
    ],
)
def test_malformed_frames_are_refused(body):
    """Bounded before anything is built from them."""
    with pytest.raises(WireError):
        wire.decode(body, wire.Answer)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300))
def test_no_bytes_raise_anything_but_a_wire_error(body):
    """Whatever a box writes, the judge gets a message or a WireError."""
    with contextlib.suppress(WireError):
        wire.decode(body, wire.Answer)


_REPLY = msgspec.msgpack.encode(wire.Reply(b"12345678", None, changed=[]))


@settings(max_examples=300, deadline=None)
@given(st.integers(0, len(_REPLY) - 1), st.integers(0, 255))
def test_no_flipped_byte_raises_anything_but_a_wire_error(place, byte):
    """Nearly right is no more dangerous than quite wrong."""
    body = bytearray(_REPLY)
    body[place] = byte
    with contextlib.suppress(WireError):
        wire.decode(bytes(body), wire.Answer)
