"""Give up rights, for ever, in the process that is about to run a stranger's code. Linux only; no root, no program.

- Landlock: of the files, Python, its packages and the library can be read, and nothing can be written.
- seccomp: no network, no further process, no signal to another one, none of the calls that need privileges.
- limits: memory, processor time, the size of a file.

Sources: the manual pages landlock(7), seccomp(2), capset(2); the numbers of calls are those of the kernel's tables.
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct
import sys
from collections.abc import Iterator, Sequence

# Calls that are refused: their numbers on x86-64 and on ARM64; 0: it has none.
DENIED = {
    # network
    "socket": (41, 198), "socketpair": (53, 199), "connect": (42, 203), "bind": (49, 200), "listen": (50, 201),
    "accept": (43, 202), "accept4": (288, 242), "sendto": (44, 206), "sendmsg": (46, 211), "sendmmsg": (307, 269),
    # processes (threads are allowed: see `seccomp`)
    "fork": (57, 0), "vfork": (58, 0), "execve": (59, 221), "execveat": (322, 281), "setsid": (112, 157),
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "kcmp": (312, 272),
    "kill": (62, 129), "tkill": (200, 130), "tgkill": (234, 131), "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240), "pidfd_open": (434, 434), "pidfd_send_signal": (424, 424),
    "pidfd_getfd": (438, 438), "process_madvise": (440, 440), "setpriority": (141, 140), "prlimit64": (302, 261),
    "setrlimit": (160, 164), "ioprio_set": (251, 30), "sched_setaffinity": (203, 122), "sched_setparam": (142, 118),
    "sched_setscheduler": (144, 119), "sched_setattr": (314, 274), "process_mrelease": (448, 448),
    "migrate_pages": (256, 238), "move_pages": (279, 239),
    # what Landlock leaves open of files
    "chmod": (90, 0), "fchmod": (91, 52), "fchmodat": (268, 53), "fchmodat2": (452, 452), "chown": (92, 0),
    "fchown": (93, 55), "lchown": (94, 0), "fchownat": (260, 54), "utime": (132, 0), "utimes": (235, 0),
    "utimensat": (280, 88), "futimesat": (261, 0), "setxattr": (188, 5), "lsetxattr": (189, 6), "fsetxattr": (190, 7),
    "removexattr": (197, 14), "lremovexattr": (198, 15), "fremovexattr": (199, 16), "setxattrat": (463, 463),
    "removexattrat": (466, 466), "flock": (73, 32), "name_to_handle_at": (303, 264), "open_by_handle_at": (304, 265),
    "fanotify_init": (300, 262),
    # memory that processes share
    "shmget": (29, 194), "shmat": (30, 196), "msgget": (68, 186), "semget": (64, 190), "mq_open": (240, 180),
    # the kernel's more dangerous corners, and what only a privileged process may do
    "unshare": (272, 97), "setns": (308, 268), "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41),
    "chroot": (161, 51), "fsopen": (430, 430), "fsmount": (432, 432), "move_mount": (429, 429),
    "open_tree": (428, 428), "mount_setattr": (442, 442), "bpf": (321, 280), "perf_event_open": (298, 241),
    "userfaultfd": (323, 282), "add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219),
    "io_uring_setup": (425, 425), "io_uring_enter": (426, 426), "io_uring_register": (427, 427),
    "reboot": (169, 142), "init_module": (175, 105), "finit_module": (313, 273), "delete_module": (176, 106),
    "kexec_load": (246, 104), "kexec_file_load": (320, 294), "swapon": (167, 224), "swapoff": (168, 225),
    "sethostname": (170, 161), "setdomainname": (171, 162), "settimeofday": (164, 170), "clock_settime": (227, 112),
    "adjtimex": (159, 171), "clock_adjtime": (305, 266), "acct": (163, 89), "mknod": (133, 0), "mknodat": (259, 33),
    "ioperm": (173, 0), "iopl": (172, 0), "quotactl": (179, 60), "syslog": (103, 116), "personality": (135, 92),
}  # fmt: skip
# Calls that are refused with some arguments: where in the call's data that stands, and which.
DENIED_WITH = {
    "fcntl": ((72, 25), 24, (8, 10, 15)),  # F_SETOWN, F_SETSIG, F_SETOWN_EX: a pipe would send signals to any process
    "prctl": ((157, 167), 16, (1,)),  # PR_SET_PDEATHSIG: it is to die with the grader
}
CLONE, CLONE3 = (56, 220), (435, 435)
MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}


def confine(library: str, hidden: Sequence[str], memory: int, seconds: int) -> list[str]:
    """Give up this process's rights; return what has been closed, in words.

    Args:
        library: the folder of `course_lib`, which may be read; empty if there is none.
        hidden: files and folders that may not be read, though they are in it or among Python's packages.
        memory: bytes of address space.
        seconds: of processor time.

    Raises:
        OSError: the system refuses.
    """
    closed = limit(memory, seconds)
    if sys.platform != "linux" or platform.machine() not in MACHINES:
        return closed
    libc = ctypes.CDLL(None, use_errno=True)
    _require(libc.prctl(1, 9, 0, 0, 0), "PR_SET_PDEATHSIG")  # it dies with the grader
    _require(libc.prctl(38, 1, 0, 0, 0), "PR_SET_NO_NEW_PRIVS")
    _require(libc.capset(struct.pack("II", 0x20080522, 0), bytes(24)), "capset")  # root's privileges, if it has them
    if abi := landlock(libc, library, hidden):
        closed.append(f"Landlock {abi}")
    seccomp(libc)
    return [*closed, "seccomp"]


def _require(status: int, what: str) -> None:
    if status:
        raise OSError(ctypes.get_errno(), f"{what}: {os.strerror(ctypes.get_errno())}")


def limit(memory: int, seconds: int) -> list[str]:
    """Limit memory, processor time, files; return these words where the system can."""
    try:
        import resource
    except ImportError:  # Windows
        return []
    for name, value in {"CORE": 0, "FSIZE": 0, "NOFILE": 64, "AS": memory, "CPU": seconds}.items():
        try:
            resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (value, value))
        except (AttributeError, ValueError, OSError):
            return []
    return ["limits"]


# ---------------------------------------------------------------- files


def landlock(libc: ctypes.CDLL, library: str, hidden: Sequence[str]) -> int:
    """Allow reading Python and its packages, and nothing else of files; return Landlock's version, 0 without it."""
    abi = libc.syscall(444, None, ctypes.c_size_t(0), 1)
    if abi < 1:
        return 0
    # every right to files that this version knows; TCP from 4 on; abstract sockets and signals from 6 on
    files = {1: 0x1FFF, 2: 0x3FFF, 3: 0x7FFF, 4: 0x7FFF}.get(abi, 0xFFFF)
    rights = struct.pack("QQQ", files, 3 if abi >= 4 else 0, 3 if abi >= 6 else 0)
    rights = rights[: 8 if abi < 4 else 16 if abi < 6 else 24]
    rules = libc.syscall(444, rights, ctypes.c_size_t(len(rights)), 0)
    _require(rules < 0, "landlock_create_ruleset")
    read, list_only, write = 1 | 4 | 8, 8, 2  # execute (map a library), read a file, list a folder
    for path, whole in readable(library, hidden):
        _allow(libc, rules, path, read if whole else list_only)
    _allow(libc, rules, os.devnull, 4 | write)
    _require(libc.syscall(446, rules, 0), "landlock_restrict_self")
    os.close(rules)
    return abi


def _allow(libc: ctypes.CDLL, rules: int, path: str, rights: int) -> None:
    try:
        file = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:  # it is not there
        return
    if not os.path.isdir(path):
        rights &= ~8
    _require(libc.syscall(445, rules, 1, struct.pack("=Qi", rights, file), 0), f"landlock_add_rule {path}")
    os.close(file)


def readable(library: str, hidden: Sequence[str]) -> Iterator[tuple[str, bool]]:
    """Yield what an answer may read: Python, its packages and the library, except for the hidden ones.

    Beside each path: whether it is for reading; folders around a hidden one are for finding the packages beside it.
    """
    apart = [os.path.realpath(one) for one in hidden]
    for root in roots(library):
        yield from _without(root, apart)


def roots(library: str) -> list[str]:
    """Return the files and folders of Python, its packages and the library."""
    places = {sys.prefix, sys.base_prefix, library, "/usr/lib", "/usr/local/lib", "/usr/share", "/lib", "/lib64"}
    places |= {"/etc/ld.so.cache", "/etc/localtime", "/etc/fonts", "/dev/urandom", "/proc/cpuinfo", "/proc/meminfo"}
    places |= {"/sys/devices/system/cpu"}
    return sorted({os.path.realpath(place) for place in places if place})


def is_below(path: str, folder: str) -> bool:
    """Return whether a path is a folder's, or in it."""
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def _without(path: str, hidden: Sequence[str]) -> Iterator[tuple[str, bool]]:
    inside = [one for one in hidden if is_below(one, path)]
    if path in inside:
        return
    yield path, not inside
    for name in os.listdir(path) if inside else ():
        if not os.path.islink(one := os.path.join(path, name)):  # a link may lead around what is hidden
            yield from _without(one, inside)


# ---------------------------------------------------------------- calls


def seccomp(libc: ctypes.CDLL) -> None:
    """Refuse the calls of DENIED and DENIED_WITH. A new thread is allowed, a new process is not."""
    column, machine = MACHINES[platform.machine()]
    load, equal, at_least, any_bit, give = 0x20, 0x15, 0x35, 0x45, 0x06
    allow, kill, refuse, unknown = 0x7FFF0000, 0x80000000, 0x00050001, 0x00050026  # EPERM, ENOSYS

    def step(code: int, value: int, yes: int = 0, no: int = 0) -> bytes:
        return struct.pack("HBBI", code, yes, no, value)

    program = [step(load, 4), step(equal, machine, 1), step(give, kill), step(load, 0)]
    if column == 0:  # the calls of x32, by which the numbers below could be passed by
        program += [step(at_least, 0x40000000, 0, 1), step(give, refuse)]
    for numbers in DENIED.values():
        if numbers[column]:
            program += [step(equal, numbers[column], 0, 1), step(give, refuse)]
    for numbers, place, values in DENIED_WITH.values():
        program += [step(equal, numbers[column], 0, len(values) + 3), step(load, place)]
        program += [step(equal, value, len(values) - i) for i, value in enumerate(values)]
        program += [step(give, allow), step(give, refuse)]
    program += [step(equal, CLONE3[column], 0, 1), step(give, unknown)]  # libc then takes `clone`, which says what
    program += [step(equal, CLONE[column], 0, 3), step(load, 16), step(any_bit, 0x10000, 1), step(give, refuse)]
    code = b"".join([*program, step(give, allow)])

    class Program(ctypes.Structure):
        _fields_ = [("length", ctypes.c_ushort), ("steps", ctypes.c_void_p)]

    steps = ctypes.create_string_buffer(code)
    filtered = Program(len(code) // 8, ctypes.addressof(steps))
    _require(libc.prctl(22, 2, ctypes.byref(filtered), 0, 0), "seccomp")
