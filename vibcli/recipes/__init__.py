"""Publications as data, and what came of doing their experiments again."""

from vibcli.recipes.recipe import Claim, Recipe, load_recipe, packaged

__all__ = ["Claim", "Recipe", "load_recipe", "packaged"]
