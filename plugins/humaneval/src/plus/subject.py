

# What follows was put after the answer: long values that it returns go to the judge as digests. Whatever the answer does
# to this, it cannot name the digest of a value that it does not have.


def _koderz_digest(*arguments):
    global _koderz_value
    import hashlib
    import marshal

    _koderz_value = globals()[_koderz_name](*arguments)
    try:
        return hashlib.sha256(marshal.dumps(_koderz_value, 2)).digest()[:12]
    except ValueError:
        return None


def _koderz_digests():
    try:
        return _koderz_kept(_koderz_value, -1)
    except (ValueError, OverflowError):
        return None


