# %% before q2
import threading


def burn():
    while True:
        pass


for _ in range(6):
    threading.Thread(target=burn, daemon=True).start()
threading.Event().wait()
