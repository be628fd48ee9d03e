"""The command `autograder`: reads arguments and the clock, prints, exits; no logic. One file a command.

Exit codes: 0 all is done, 1 something needs a person, 2 usage or configuration, 130 interrupted.
"""

import click

from autograder.cli.build import build
from autograder.cli.calibrate import calibrate
from autograder.cli.doctor import doctor
from autograder.cli.export import export
from autograder.cli.extend import extend
from autograder.cli.grade import grade
from autograder.cli.gradebook import gradebook
from autograder.cli.history import history
from autograder.cli.intake import intake
from autograder.cli.override import override
from autograder.cli.regrade import regrade
from autograder.cli.release import release
from autograder.cli.serve import serve
from autograder.cli.standings import standings
from autograder.cli.verify import verify

# as a course goes: make, prove, take in and grade, decide, hand out
COMMANDS = (
    *(build, calibrate, verify, doctor),
    *(intake, grade, regrade),
    *(serve, standings, override, extend, history),
    *(release, export, gradebook),
)


class InOrder(click.Group):
    """Lists commands in the order in which they are used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)


@click.group(cls=InOrder, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="autograder")
def main() -> None:
    """Make assignments from one source each, grade what students hand in, prove that the grader is fair.

    \b
    A course in seven lines:
      autograder build                             notebooks for students, grader zips for you
      autograder intake sum submissions.zip        what the LMS gives, matched to the roster
      autograder grade sum                         all of it, sealed; or a folder of files: grade sum inbox/
      autograder serve                             mark the written answers, see the class
      autograder standings sum                     what counts, and why
      autograder export sum marks.csv --to canvas  into the file that the LMS takes
      autograder release sum                       feedback becomes public
    """


for command in COMMANDS:
    main.add_command(command)
