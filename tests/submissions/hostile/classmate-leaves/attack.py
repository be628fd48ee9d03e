# %% last
import ctypes
import os
import socket
import sys
import time

ANSWER = "hostile-answer"
PLACES = ["/tmp", "/dev/shm", "/dev", "/var/tmp", "/run", "/box", os.getcwd(), os.path.expanduser("~"), sys.prefix]
PLACES += [path for path in sys.path if path]
for place in PLACES:
    try:
        with open(os.path.join(place, ANSWER), "w") as file:
            file.write("np.cumsum")
    except OSError:
        pass
libc = ctypes.CDLL(None)
libc.shmget(0x4815, 4096, 0o1666)
libc.msgget(0x4815, 0o1666)
libc.mq_open(b"/hostile-answer", os.O_CREAT | os.O_RDWR, 0o666, None)
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        try:
            server = socket.socket(socket.AF_UNIX)
            server.bind("\0hostile-answer")
            server.listen()
        finally:
            while True:
                time.sleep(1)
    os._exit(0)
