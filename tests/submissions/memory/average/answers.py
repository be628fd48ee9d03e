# %% q2
def last_only_predictor(X):
    return X.mean(axis=1)
