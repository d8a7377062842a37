"""The forge of a job that runs there, by the variables that it sets for every job."""

from __future__ import annotations

import os
from collections.abc import Mapping

from isthmus.forge.errors import ForgeError
from isthmus.forge.forge import Forge
from isthmus.forge.github import BOT, GitHub
from isthmus.forge.gitlab import GitLab


def of_environment(environment: Mapping[str, str] = os.environ) -> Forge:
    """GitHub where ``GITHUB_REPOSITORY`` is set, GitLab where ``CI_PROJECT_ID`` is. Raises ForgeError."""
    asked = environment.get
    if repository := asked("GITHUB_REPOSITORY"):
        url, token = asked("GITHUB_API_URL", "https://api.github.com"), asked("GITHUB_TOKEN")
        if not token:
            raise ForgeError(
                "GITHUB_TOKEN is not set: give the step `env: { GITHUB_TOKEN: ${{ github.token }} }`"
            )
        return GitHub(url, repository, token, asked("ISTHMUS_FORGE_AUTHOR", BOT))
    if project := asked("CI_PROJECT_ID"):
        url, token = asked("CI_API_V4_URL", "https://gitlab.com/api/v4"), asked("GITLAB_TOKEN")
        if not token:
            raise ForgeError("GITLAB_TOKEN is not set: give the project an access token with the scope api")
        return GitLab(url, project, token)
    raise ForgeError(
        "no forge is known: GITHUB_REPOSITORY or CI_PROJECT_ID says which, and their jobs have one of them"
    )
