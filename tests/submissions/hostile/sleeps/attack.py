# %% before q2
import time

time.sleep(100_000)


# %% q3
def describe(words):
    import os
    import signal

    os.kill(os.getpid(), signal.SIGSTOP)
