"""`python -m autograder.cli`: the command, where it is not on the path."""

from autograder.cli import main

main(prog_name="autograder")
