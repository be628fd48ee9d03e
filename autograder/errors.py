"""The exception tree: every mistake of staff that the kit can name. A student's mistake is data, never an exception.

AutograderError            message for a person: file, place, what was found, what was expected, what to do
├── ConfigError            course.yml cannot be used
├── SourceError            a source under solutions/ cannot be built
├── StaleError             a generated file is not what its source makes
├── SubmissionError        a file cannot be graded at all: the submission is `rejected`, the batch goes on
├── RosterError            a roster, or whose a submission is, cannot be made out
├── GradebookError         the gradebook cannot be opened, or not do what was asked
│   └── MarkConflict       somebody else has marked the answer meanwhile (in gradebook.outcomes: it holds their mark)
├── ExportError            a file of the LMS cannot be filled in without guessing
├── IsolationError         this machine cannot give the isolation level asked for
└── Fault                  the kit, not the student, failed: the submission is to be graded again
"""


class AutograderError(Exception):
    """A mistake that a person can mend; its text says where it is and what to do next."""


class ConfigError(AutograderError):
    """course.yml cannot be used."""


class SourceError(AutograderError):
    """A source under solutions/ cannot be built."""


class StaleError(AutograderError):
    """A generated file differs from what its source makes."""


class SubmissionError(AutograderError):
    """A submitted file cannot be graded: its submission is rejected with this text as the note."""


class RosterError(AutograderError):
    """A roster cannot be read, or whose a submission is cannot be made out."""


class GradebookError(AutograderError):
    """The gradebook cannot be opened, or cannot do what was asked of it."""


class ExportError(AutograderError):
    """A file that the LMS exported cannot be filled in without guessing."""


class IsolationError(AutograderError):
    """The isolation level asked for cannot be had on this machine."""


class Fault(AutograderError):
    """A failure of the kit: never a score."""
