"""The staff pages: mark written answers, see the class. `app.staff_pages` is where they begin; `autograder serve` runs them."""
