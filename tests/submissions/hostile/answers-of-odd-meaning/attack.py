# %% q1
count, share, city = np.array([]), float("nan"), np.array("Bremen")


# %% q2
def running_totals(prices):
    return np.full((1, len(prices)), np.inf) if prices[0] > 2 else np.broadcast_to(np.array(np.nan), (3,))


# %% q3
def describe(words):
    return {"lengths": ..., "longest": float("nan"), "by_letter": {}}
