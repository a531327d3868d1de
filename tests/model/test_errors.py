"""Errors carry what failed."""

from __future__ import annotations

import pickle

from publisher.model import errors
from publisher.model.errors import ConfigurationError, PostError, PublisherError


def test_a_configuration_error_has_every_problem() -> None:
    error = ConfigurationError("config/publisher.toml", ["site.url is missing", "feeds.entries must be a number"])
    assert error.problems == ("site.url is missing", "feeds.entries must be a number")
    assert str(error) == "config/publisher.toml: site.url is missing; feeds.entries must be a number"


def test_a_post_error_has_the_line_and_the_reason() -> None:
    error = PostError("has no title", line=4)
    assert (error.line, error.reason, str(error)) == (4, "has no title", "line 4: has no title")
    assert PostError("is empty").line == 1


def test_the_drawn_tree_has_every_error() -> None:
    assert errors.__doc__ is not None
    drawn = errors.__doc__.split()
    assert all(error.__name__ in drawn for error in PublisherError.__subclasses__())


def test_a_post_error_comes_back_from_another_process_as_it_went() -> None:
    error = pickle.loads(pickle.dumps(PostError("has no title", line=7)))
    assert (type(error), error.reason, error.line, str(error)) == (PostError, "has no title", 7, "line 7: has no title")
