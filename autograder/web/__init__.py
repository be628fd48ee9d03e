"""The staff pages: mark written answers, see the class. They begin in `app.py`; `autograder serve` runs them."""
