# %% before q2
raise type("\u202e48151623\u2066", (Exception,), {})("\u202e\u2067\u200b\ufeff48151623" + "z\u0335" * 300)

# %% q1
count = type("\u202ekram lluf", (), {})()
share = 0.625
city = "Bremen\u202e48151623"


# %% q3
def describe(words):
    raise type("\u2028\u2029\u0085\U000e0041", (Exception,), {})("\ud800 is half a letter")
