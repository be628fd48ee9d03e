# %% before q2
raise type("<script>alert(48151623)</script>", (Exception,), {})("</code></td><script>alert(48151623)</script>")

# %% q1
count = type("<img src=x onerror=alert(48151623)>", (), {})()
share = "</main><iframe srcdoc='48151623'></iframe>"
city = "<svg onload=alert(48151623)>"


# %% q3
def describe(words):
    raise ValueError("{{ 7 * 48151623 }}{% include '/etc/passwd' %}<script>alert(48151623)</script>")


describe.__name__ = describe.__qualname__ = "<b onmouseover=alert(48151623)>describe</b>"
