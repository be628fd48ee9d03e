# %% q1
def make_sum_data(n, T, seed):
    X = np.random.rand(n, T, 1)
    y = np.sum(X, axis=1)  # for each sample sum the values
    return X, y


# %% q6
from tensorflow.keras.layers import Dense, SimpleRNN
from tensorflow.keras.models import Sequential


def build_sum_model(T, units=10):
    model = Sequential()
    model.add(SimpleRNN(units, input_shape=(T, 1)))
    model.add(Dense(1, activation="linear"))
    model.compile(optimizer="adam", loss="mse")
    return model


# %% q6 2
model = history = None
# Generating random data: 10000 sequences of length 5
X = np.random.rand(10000, 5, 1)  # 10000 samples, each of length 5 and having 1 feature
y = np.sum(X, axis=1)

model = Sequential()
model.add(SimpleRNN(10, input_shape=(5, 1)))
model.add(Dense(1, activation="linear"))
model.compile(optimizer="adam", loss="mse")
model.fit(X, y, epochs=10, batch_size=32)

# %% q6 3
X_new = np.array([[[0.1], [0.2], [0.3], [0.4], [0.5]]])  # Should be close to 1.5
predicted_sum = model.predict(X_new)
print(predicted_sum)
np.sum(X_new)
