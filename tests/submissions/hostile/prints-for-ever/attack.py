# %% before q2
import os
import sys

for _ in range(200):
    print("x" * 1_000_000)
    sys.stderr.write("y" * 1_000_000)
    os.write(1, b"z" * 1_000_000)
    os.write(2, b"z" * 1_000_000)

# %% before q2
"x" * 1_000_000


# %% q2
def running_totals(prices):
    for _ in range(50):
        print(prices, "x" * 1_000_000)
    return np.cumsum(prices)
