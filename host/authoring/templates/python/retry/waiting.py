"""What the policy is about: how long to wait before an attempt, and when to stop. It knows nothing of the contract."""

SECOND = 1_000_000_000


def pause(delay, chance, wish):
    """Nanoseconds to wait: about the delay, in seconds, spread by a chance from 0 to 1 so that many clients do not come
    back at once, and never less than the server asks for, if it asks."""
    about = int(delay * (0.5 + chance) * SECOND)
    return max(about, wish or 0)


def is_spent(failed, max_retries):
    return failed > max_retries
