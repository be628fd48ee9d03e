# %% before q2
files = []
while True:
    files.append(open("/dev/null"))
