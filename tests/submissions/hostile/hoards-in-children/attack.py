# %% before q2
import os
import time

for _ in range(8):
    if os.fork() == 0:
        hoard = bytearray(b"x") * (80 << 20)
        time.sleep(1000)
time.sleep(1000)
