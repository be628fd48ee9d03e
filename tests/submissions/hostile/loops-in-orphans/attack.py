# %% before q2
import subprocess
import time

for _ in range(3):
    subprocess.Popen(["/bin/sh", "-c", "(while :; do :; done) & exit"], start_new_session=True)
time.sleep(1000)
