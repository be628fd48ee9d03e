"""Makes a process cheap to fork: small pages -> huge ones, so that a fork has less of a page table to copy."""

import ctypes
import sys

HUGE = 2 << 20
_MADV_COLLAPSE = 25  # madvise(2), since Linux 6.1; works whatever the machine's setting for huge pages is


def collapse() -> int:
    """Gather this process's own pages into huge ones; return how many bytes are in them, 0 where there can be none.

    Call it once everything that children share has been made. They copy single small pages of a huge one when they
    write, as before.
    """
    if sys.platform != "linux":
        return 0
    libc = ctypes.CDLL(None)
    gathered = 0
    with open("/proc/self/maps") as maps:
        regions = [line.split() for line in maps]
    for place, rights, _, _, _, *name in regions:
        if rights != "rw-p" or name not in ([], ["[heap]"]):
            continue
        start, end = (int(address, 16) for address in place.split("-"))
        start, end = -(-start // HUGE) * HUGE, end // HUGE * HUGE
        if end > start and not libc.madvise(ctypes.c_void_p(start), ctypes.c_size_t(end - start), _MADV_COLLAPSE):
            gathered += end - start
    return gathered
