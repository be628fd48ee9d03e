# %% before q2
raise type("\x1b[2J\x1b]0;48151623\x07", (Exception,), {})("\x1b[31m\x9b2J\x1b]8;;file:///48151623\x1b\\here\r\x08\x00")

# %% before q2
grader.check("\x1b[2Jq2\r\n48151623")

# %% q1
count = type("\x1b[8m48151623", (), {})()
share = 0.625
city = "\x1b]52;c;NDgxNTE2MjM=\x07"


# %% q3
def describe(words):
    raise ValueError("\x1bP+q48151623\x1b\\\r\x1b[A\x1b[2Kfull marks")
