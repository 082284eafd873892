"""Some of many, where a picture or a table has no room for all."""


def evenly_spaced(count: int, most: int) -> list[int]:
    """At most ``most`` of the numbers 0..``count`` - 1, evenly spaced, the ends among them.

    >>> evenly_spaced(9, 5), evenly_spaced(3, 5)
    ([0, 2, 4, 6, 8], [0, 1, 2])
    """
    if count <= most:
        return list(range(count))
    return [round(i * (count - 1) / (most - 1)) for i in range(most)]
