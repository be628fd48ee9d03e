# %% before q2
import sys


def interrupt(frame, event, argument):
    if event == "call" and frame.f_code.co_name == "send_frame":
        raise KeyboardInterrupt


sys.setprofile(interrupt)
