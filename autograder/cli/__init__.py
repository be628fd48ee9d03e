"""The command `autograder`: reads arguments and the clock, prints, exits; no logic. One file a command.

Exit codes: 0 all is done, 1 something needs a person, 2 usage or configuration, 130 interrupted.
"""

import click

from autograder.cli.build import build
from autograder.cli.calibrate import calibrate
from autograder.cli.doctor import doctor
from autograder.cli.grade import grade
from autograder.cli.regrade import regrade
from autograder.cli.verify import verify


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="autograder")
def main() -> None:
    """Make assignments from one source each, grade what students hand in, prove that the grader is fair.

    \b
    A course in three lines:
      autograder build                     notebooks for students, grader zips for you
      autograder grade sum inbox/          grade a folder of submissions, sealed
      open .autograder/grades/sum/index.html
    """


for command in (build, verify, calibrate, grade, regrade, doctor):
    main.add_command(command)
