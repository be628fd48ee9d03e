"""Every operator by name: each makes one plausible mistake in a solution, such as "axis" or "learning-rate".

An operator takes a node of the syntax tree and the cell that it stands in, and yields the changes that it would make
there. It does not know where solutions are and never sees a test.
"""

from autograder.proof.operators import arrays, general, gradients, layers
from autograder.proof.operators.code import Operator

# In this order: where two operators make the same text, the mutant bears the name of the first.
OPERATORS: dict[str, Operator] = {
    **layers.OPERATORS,
    **gradients.OPERATORS,
    **arrays.OPERATORS,
    **general.OPERATORS,
}
