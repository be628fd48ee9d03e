# %% before q2
raise type("=1+48151623", (Exception,), {})("=HYPERLINK(48151623;A1)")

# %% before q2
grader.check("=cmd|' /C calc'!A0")


# %% q3
def describe(words):
    raise ValueError('@SUM(1+9)*cmd|"48151623"!A0')


describe.__name__ = "+48151623"
