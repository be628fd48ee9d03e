# %% q6 2
model = history = None
model = build_sum_model(5)

# %% q6 3
X_new = np.array([[[0.1], [0.2], [0.3], [0.4], [0.5]]])
predicted_sum = np.sum(X_new)
