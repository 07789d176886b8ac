import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sensorium.models.shared.adam import Adam

GRADIENTS = arrays(np.float32, (4, 3, 2), elements=st.integers(-5, 5))


def plain(value: float, rate: float, gradients: list[float]) -> float:
    """Return one number after Adam's steps, as Algorithm 1 of the paper writes them."""
    mean = square = 0.0
    for step, gradient in enumerate(gradients, 1):
        mean = 0.9 * mean + 0.1 * gradient
        square = 0.999 * square + 0.001 * gradient**2
        value += rate * (mean / (1 - 0.9**step)) / ((square / (1 - 0.999**step)) ** 0.5 + 1e-8)
    return value


@given(GRADIENTS)
def test_all_rows_step_as_the_paper_says(gradients):
    adam = Adam(np.ones((3, 2), dtype=np.float32), 0.1)
    for gradient in gradients:
        adam.all(gradient)
    expected = [[plain(1.0, 0.1, gradients[:, row, d].tolist()) for d in range(2)] for row in range(3)]
    np.testing.assert_allclose(adam.value, expected, atol=1e-4)


@given(GRADIENTS)
def test_steps_of_all_rows_by_name_are_steps_of_the_whole(gradients):
    one, other = (Adam(np.ones((3, 2), dtype=np.float32), -0.1) for _ in range(2))
    for gradient in gradients:
        one.all(gradient)
        other.rows(np.arange(3), gradient)
    np.testing.assert_array_equal(one.value, other.value)


def test_adam_adds_up_what_a_row_gets_and_leaves_the_others():
    value = np.zeros((3, 1), dtype=np.float32)
    adam = Adam(value, 0.1)
    adam.rows(np.asarray([1, 1, 2]), np.asarray([[3.0], [-1.0], [-5.0]], dtype=np.float32))
    np.testing.assert_allclose(value, [[0], [0.1], [-0.1]], rtol=1e-4)
