# %% q2
import time


def running_totals(prices):
    while True:
        time.sleep(0.02)
        sum(range(50_000))
