# %% first
input("your points, please: ")

# %% first
import sys

sys.stdin.read()

# %% before q2
import os

os.mkfifo("pipe")
open("pipe").read()


# %% q3
def describe(words):
    import os
    import time

    if os.fork() == 0:
        time.sleep(100_000)
    os.wait()
