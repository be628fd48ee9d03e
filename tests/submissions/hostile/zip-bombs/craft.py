import io
import struct
import zipfile


def pack(members):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name), data, compress_type=zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def lying(bomb):
    """Say in the directory that the member has 10 bytes."""
    at = bomb.index(b"PK\x01\x02") + 24
    return bomb[:at] + struct.pack("<I", 10) + bomb[at + 4 :]


def overlapping(bomb):
    """List the one member 900 times."""
    start, end = bomb.index(b"PK\x01\x02"), bomb.index(b"PK\x05\x06")
    entry = bomb[start:end]
    tail = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 900, 900, 900 * len(entry), start, 0)
    return bomb[:start] + 900 * entry + tail


def craft(notebook):
    bomb = pack({"target.ipynb": notebook + b" " * (100 << 20)})
    crowd = pack({"target.ipynb": notebook} | {f"{number}.txt": b"" for number in range(5_000)})
    return {"plain.zip": bomb, "lying.zip": lying(bomb), "overlapping.zip": overlapping(bomb), "crowd.zip": crowd}
