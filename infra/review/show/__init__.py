"""A verdict as others see it: JSON, a comment of a pull request, a page with the estate drawn."""
