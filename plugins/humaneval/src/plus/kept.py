# How an answer is kept: a short one as it is, a long one as digests.
#
# A million characters need not be carried from one instance to another to learn whether they are the right ones. The
# first digest is of the answer as it is, the second of what all answers that are equal to it have in common, whatever
# types of numbers they are made of.


def _koderz_kept(value, longest):
    import hashlib
    import marshal

    def digest(text):
        return hashlib.sha256(text).digest()[:12]

    def common(value):
        kind = type(value)
        if kind in (int, str, bytes, type(None)):
            return value
        if kind is bool:
            return int(value)
        if kind is float:
            return int(value) if value.is_integer() else value
        if kind is list or kind is tuple:
            if {int, str, bytes, type(None)}.issuperset(map(type, value)):
                return value
            return kind(map(common, value))
        if kind is set or kind is frozenset:
            return {"set": sorted(marshal.dumps(common(held), 2) for held in value)}
        if kind is dict:
            pairs = ((marshal.dumps(common(key), 2), common(held)) for key, held in value.items())
            return {"dict": sorted(pairs, key=lambda pair: pair[0])}
        raise ValueError(f"{kind.__name__} is not plain")

    # Version 2 writes equal values of equal types alike, whoever else holds them.
    text = marshal.dumps(value, 2)
    if len(text) <= longest:
        return (value,)
    first = digest(text)
    second = digest(marshal.dumps(common(value), 2))
    return first if first == second else first + second
