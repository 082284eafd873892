"""A command that refuses an option given twice, where the last one would silently win."""

from typing import Any

import typer.core


class Once(typer.core.TyperCommand):
    """Options that take one value may be typed once; those that take several, as often."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse as ever, unless a value would be lost."""
        scalar = [
            option
            for option in self.params
            if isinstance(option, typer.core.TyperOption)
            and not (option.multiple or option.is_flag or option.count)
        ]
        for option in scalar:
            option.multiple = True  # for a first reading, which keeps every value
        try:
            typed, _, _ = self.make_parser(ctx).parse_args(args=list(args))
        finally:
            for option in scalar:
                option.multiple = False
        for option in scalar:
            values = typed.get(option.name or "") or ()
            if len(values) > 1:
                flag = option.opts[0]
                each = " and ".join(f"{flag} {value}" for value in values)
                ctx.fail(f"{each}: give {flag} once.")
        return super().parse_args(ctx, args)
