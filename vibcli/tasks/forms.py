"""Numbers as people see them, by the forms that tasks declare.

A form with ``.4g`` is of a number in a unit that could be any, such as a predicted price.
"""

import math

ANY = ".4g"
DIGITS = 4  # significant ones
LEAST, MOST = 1e-4, 1e9  # between them no number is written with a power of ten
GROUPED = 1e4  # from here on thousands are set apart


def written(form: str, value: float) -> str:
    """A number in its form; in any unit a large one is whole.

    >>> written("{:.4g} nats", 0.00123456), written("{:.4g}", 48231.55)
    ('0.001235 nats', '48,232')
    """
    whole = 10**DIGITS - 0.5 <= abs(value) < MOST
    return (form.replace(ANY, ",.0f") if whole else form).format(value)


def alike(form: str, *values: float) -> list[str]:
    """Numbers in their form; in any unit the largest has four digits and all end at one place.

    >>> alike("{:+.4g}", -0.22351, -2.62, 2.1731)
    ['-0.224', '-2.620', '+2.173']
    >>> alike("{:.4g}", 48231.55, 9.87)
    ['48,232', '10']
    """
    return [form.replace(ANY, _ending(values)).format(value) for value in values]


def brief(value: float, sign: str = "") -> str:
    """A number with three significant digits; a large one is whole.

    >>> brief(0.96453), brief(1000, "+"), brief(48231.55)
    ('0.965', '+1,000', '48,232')
    """
    whole = 999.5 <= abs(value) < MOST
    return f"{value:{sign}{',.0f' if whole else '.3g'}}"


def bare(form: str) -> str:
    """The form of a number without its unit.

    >>> bare("{:+.2f} points")
    '{:+.2f}'
    """
    return form[: form.index("}") + 1]


def unit(form: str) -> str:
    """What stands after the number.

    >>> unit("{:+.2f} points"), unit("{:+.4g}")
    ('points', '')
    """
    return form[len(bare(form)) :].strip()


def _ending(values: tuple[float, ...]) -> str:
    """The end of a form for numbers that are looked at together."""
    largest = max((abs(value) for value in values if math.isfinite(value)), default=0.0)
    if largest and not LEAST <= largest < MOST:
        return f".{DIGITS - 1}e"
    exponent = int(f"{largest:.{DIGITS - 1}e}".split("e")[1])
    digits = max(0, DIGITS - 1 - exponent) if largest else 0
    return f"{',' * (largest >= GROUPED)}.{digits}f"
