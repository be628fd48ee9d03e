# %% before q2
import os
import subprocess

DAEMON = """
trap '' HUP INT QUIT TERM PIPE USR1 USR2 ALRM
(while :; do echo still here >> /tmp/autograder-box-daemon; sleep 0.2; done) &
exit
"""
for _ in range(4):
    subprocess.Popen(["/bin/sh", "-c", DAEMON], start_new_session=True, close_fds=False)

# %% last
import time

time.sleep(0.5)  # long enough to see that they live
raise RuntimeError(os.path.getsize("/tmp/autograder-box-daemon"))
