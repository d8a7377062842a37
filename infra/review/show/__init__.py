"""A verdict as others see it: JSON, a comment of a pull request, a page with the estate drawn."""

from infra.review.show.file import write
from infra.review.show.markdown import markdown
from infra.review.show.page import page
from infra.review.show.report import plain

__all__ = ["markdown", "page", "plain", "write"]
