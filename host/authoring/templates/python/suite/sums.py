"""What the suite is about: what is asked, and which answers are right. It knows nothing of the contract."""

SUMS = ((2, 2), (20, 22), (999, 1))


def question(left, right, terse):
    words = f"What is {left} + {right}?"
    return words + " Answer with the number alone." if terse else words


def complaint(left, right, answer):
    """Why an answer is wrong; none where it is right."""
    wanted = str(left + right)
    return None if wanted in answer else f"{wanted} is not in: {answer}"
