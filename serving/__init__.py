import isthmus.moved_modules  # noqa: F401
