# %% before q2
def deeper(depth):
    return deeper(depth + 1) + 1


deeper(0)

# %% before q2
import sys

sys.setrecursionlimit(2**31 - 1)
deeper(0)


# %% q3
def describe(words):
    return describe(words)
