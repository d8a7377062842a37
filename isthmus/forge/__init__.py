"""GitHub and GitLab as far as a review needs them: a comment, an issue, a pull request, edited in place."""
