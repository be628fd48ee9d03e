"""Beyond one machine: `grading.grade_batch` and `regrade.regrade_batch` on the workers of a Dask cluster.

    coordinator                                         worker process: one Engine, so one zygote
    prepare(ticket, versions, unsafe, grader) --------> the same versions? isolated? keeps the grader
                             <------------------------- Prepared or Refused
    grade(ticket, notebook, sha256) ------------------> Engine.grade, in as many threads as the worker has
                             <------------------------- Graded or Unprepared
    regrade(ticket, record, evidence, live) ----------> Engine.regrade, likewise

Workers share no disk and learn no student's name. What comes from a box crosses as bytes that msgspec wrote and reads;
Dask pickles our functions and these bytes only. Which worker grades what is decided here, since a task that is bound to
a worker can be taken back when that worker dies, is refused or was never able to grade.
"""

from autograder.cluster.connection import grade_on_cluster, regrade_on_cluster

__all__ = ["grade_on_cluster", "regrade_on_cluster"]
