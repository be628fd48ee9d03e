# %% q1
count = 10**5000
share = [0.5]
for _ in range(100_000):
    share = [share]
city = {}
city["city"] = city


# %% q2
def running_totals(prices):
    return np.zeros(11 << 20)


# %% q3
def describe(words):
    return {"lengths": list(range(300_000)), "longest": "x" * 50_000_000, "by_letter": {}}
