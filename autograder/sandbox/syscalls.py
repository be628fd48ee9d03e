"""System calls by ctypes: their numbers on two architectures, and the filter that refuses what no notebook needs."""

import ctypes
import errno
import os
import platform
import struct

# name: (x86_64, aarch64) from the kernel's arch/x86/entry/syscalls/syscall_64.tbl and
# include/uapi/asm-generic/unistd.h; None where the architecture does not have the call
_NUMBERS: dict[str, tuple[int | None, int | None]] = {
    "pivot_root": (155, 41),
    "mount_setattr": (442, 442),
    "landlock_create_ruleset": (444, 444),
    "landlock_add_rule": (445, 445),
    "landlock_restrict_self": (446, 446),
    "socket": (41, 198),
    "clone": (56, 220),
    "clone3": (435, 435),
    "ioctl": (16, 29),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "kcmp": (312, 272),
    "keyctl": (250, 219),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "mount": (165, 40),
    "umount2": (166, 39),
    "chroot": (161, 51),
    "unshare": (272, 97),
    "setns": (308, 268),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "open_by_handle_at": (304, 265),
    "name_to_handle_at": (303, 264),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "reboot": (169, 142),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "acct": (163, 89),
    "syslog": (103, 116),
    "quotactl": (179, 60),
    "fanotify_init": (300, 262),
    "pidfd_getfd": (438, 438),
    "personality": (135, 92),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "clock_adjtime": (305, 266),
    "adjtimex": (159, 171),
    "sethostname": (170, 161),
    "setdomainname": (171, 162),
    "iopl": (172, None),
    "ioperm": (173, None),
    "modify_ldt": (154, None),
    "vhangup": (153, 58),
    # a lock on a file that two boxes can read would be a channel between them
    "flock": (73, 32),
    "memfd_secret": (447, 447),
    # memory that belongs to no process, and so is not counted, or that outlives the box
    "memfd_create": (319, 279),
    "shmget": (29, 194),
    "shmat": (30, 196),
    "semget": (64, 190),
    "msgget": (68, 186),
    "mq_open": (240, 180),
    # names of sockets are the whole machine's where the box has no network namespace
    "bind": (49, 200),
    "connect": (42, 203),
    "listen": (50, 201),
    # judged by their arguments, below
    "mmap": (9, 222),
    "fcntl": (72, 25),
}
_NOT_REFUSED = (
    "landlock_create_ruleset",
    "landlock_add_rule",
    "landlock_restrict_self",
    "socket",
    "clone",
    "clone3",
    "ioctl",
    "mmap",
    "fcntl",
)
_MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}  # column above, AUDIT_ARCH_* of linux/audit.h

# classic BPF: linux/bpf_common.h, linux/seccomp.h
_LOAD, _JUMP_EQUAL, _JUMP_AT_LEAST, _JUMP_ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _KILL, _ERROR = 0x7FFF0000, 0x80000000, 0x00050000
_AND = 0x54
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT, _SECOND_ARGUMENT, _FOURTH_ARGUMENT = 0, 4, 16, 24, 40  # in struct seccomp_data
_NAMESPACE_FLAGS = 0x7E020000  # every CLONE_NEW* flag that clone takes
_MAP_SHARED, _MAP_ANONYMOUS = 1, 0x20  # linux/mman.h
_F_GETLK, _F_OFD_GETLK, _F_SETLEASE = 5, 36, 1024  # linux/fcntl.h
_TIOCSTI, _TIOCLINUX = 0x5412, 0x541C  # put characters into a terminal's input

libc = ctypes.CDLL(None, use_errno=True)
_locked = ctypes.PyDLL(None, use_errno=True)  # no other thread of Python runs meanwhile


def number(name: str) -> int:
    """Return the number of a system call on this machine.

    Raises:
        OSError: on an architecture that we have no table for.
    """
    if platform.machine() not in _MACHINES:
        raise OSError(f"no table of system calls for {platform.machine()}: x86_64 and aarch64 are known")
    found = _NUMBERS[name][_MACHINES[platform.machine()][0]]
    if found is None:
        raise OSError(f"{platform.machine()} has no system call {name}")
    return found


def call(function: str, *args: object) -> int:
    """Call a function of the C library; a negative result becomes OSError."""
    result: int = getattr(libc, function)(*args)
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{function}: {os.strerror(code)}")
    return result


def syscall(name: str, *args: object) -> int:
    """Make a system call by its name in the table; an error becomes OSError."""
    return call("syscall", ctypes.c_long(number(name)), *args)


def clone(flags: int) -> int:
    """Make a child as clone(2) does without a stack of its own: its process id, 0 in the child, -errno on failure."""
    _locked.syscall.restype = ctypes.c_long
    made: int = _locked.syscall(ctypes.c_long(number("clone")), *map(ctypes.c_long, (flags, 0, 0, 0, 0)))
    return made if made >= 0 else -ctypes.get_errno()


def filter_program() -> list[tuple[int, int, int, int]]:
    """Return the filter's instructions as (code, jump if true, jump if false, constant)."""
    column, architecture = _MACHINES[platform.machine()]
    refuse = _ERROR | errno.EPERM
    program = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_JUMP_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER),
    ]
    if column == 0:  # the x32 calls of x86_64
        program += [(_JUMP_AT_LEAST, 0, 1, 0x40000000), (_RETURN, 0, 0, _KILL)]
    for name, numbers in _NUMBERS.items():
        if name not in _NOT_REFUSED and (refused := numbers[column]) is not None:
            program += [(_JUMP_EQUAL, 0, 1, refused), (_RETURN, 0, 0, refuse)]
    # clone3 hides its flags behind a pointer; told that it does not exist, libc falls back to clone
    program += [(_JUMP_EQUAL, 0, 1, number("clone3")), (_RETURN, 0, 0, _ERROR | errno.ENOSYS)]
    program += _check_argument("socket", _FIRST_ARGUMENT, [(_JUMP_EQUAL, 1, 0, 1)], refuse)  # AF_UNIX only
    program += _check_argument("clone", _FIRST_ARGUMENT, [(_JUMP_ANY_BIT, 0, 1, _NAMESPACE_FLAGS)], refuse)
    terminal = [(_JUMP_EQUAL, 1, 0, _TIOCSTI), (_JUMP_EQUAL, 0, 1, _TIOCLINUX)]
    program += _check_argument("ioctl", _SECOND_ARGUMENT, terminal, refuse)
    # pages that several processes share stay when the program says that it does not need them, and are not counted then
    shared = [(_AND, 0, 0, _MAP_SHARED | _MAP_ANONYMOUS), (_JUMP_EQUAL, 0, 1, _MAP_SHARED | _MAP_ANONYMOUS)]
    program += _check_argument("mmap", _FOURTH_ARGUMENT, shared, refuse)
    # to ask for another's lock is to hear from another box; to lock what is one's own is harmless
    locks = [(_JUMP_EQUAL, 2, 0, _F_GETLK), (_JUMP_EQUAL, 1, 0, _F_OFD_GETLK), (_JUMP_EQUAL, 0, 1, _F_SETLEASE)]
    program += _check_argument("fcntl", _SECOND_ARGUMENT, locks, refuse)
    return [*program, (_RETURN, 0, 0, _ALLOW)]


def _check_argument(
    name: str, offset: int, tests: list[tuple[int, int, int, int]], refuse: int
) -> list[tuple[int, int, int, int]]:
    """Return instructions for a call whose argument decides: `tests` jump to the refusal after them or past it."""
    body = [(_LOAD, 0, 0, offset), *tests, (_RETURN, 0, 0, refuse), (_RETURN, 0, 0, _ALLOW)]
    return [(_JUMP_EQUAL, 0, len(body), number(name)), *body]


def install_filter() -> None:
    """Install the filter in the calling process, for good; needs no_new_privs.

    Raises:
        OSError: when the kernel refuses.
    """
    code = b"".join(struct.pack("HBBI", *instruction) for instruction in filter_program())
    instructions = ctypes.create_string_buffer(code)
    program = struct.pack("HxxxxxxP", len(code) // 8, ctypes.addressof(instructions))
    if libc.prctl(22, 2, program, 0, 0) < 0:
        raise OSError(ctypes.get_errno(), "seccomp is refused")
