"""Everything that can go wrong and that a person can do something about.

PublisherError                 one sentence: what, where, and the way out
├── UsageError                 the command cannot mean that
├── ConfigurationError         publisher.toml is wrong; carries every problem found
├── PostError                  one post cannot be read; the rest goes on
├── StoreError                 the database cannot be used
├── OutputError                a file cannot be written
├── TemplateError              a template is missing or wrong
├── RefusedError               an edition would not arrive as it should
├── LostStateError             var/ is gone while output/ is there
├── DnsError                   a name server does not answer
└── TransportError             the way out for messages is closed
    └── UnreachableError       for now: the next run may find it open
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence


class PublisherError(Exception):
    """What a person can mend; its text is one sentence made for them."""


class UsageError(PublisherError):
    """The command as typed cannot be carried out."""


class ConfigurationError(PublisherError):
    """The configuration is wrong; `problems` has a sentence for each mistake."""

    def __init__(self, source: str, problems: Sequence[str]) -> None:
        self.source = source
        self.problems = tuple(problems)
        super().__init__(f"{source}: {'; '.join(problems)}")


class PostError(PublisherError):
    """One post cannot be read: `line` counts from 1 in the file, `reason` is the sentence."""

    def __init__(self, reason: str, *, line: int = 1) -> None:
        self.line = line
        self.reason = reason
        super().__init__(f"line {line}: {reason}")

    def __reduce__(self) -> tuple[Any, ...]:
        """Say how to make it again: it comes back from other processes."""
        return _post_error, (self.reason, self.line)


def _post_error(reason: str, line: int) -> PostError:
    return PostError(reason, line=line)


class StoreError(PublisherError):
    """The database cannot be opened, is locked, or does not fit this program."""


class OutputError(PublisherError):
    """A file of the publication cannot be written."""


class TemplateError(PublisherError):
    """A template is missing or wrong."""


class RefusedError(PublisherError):
    """An edition lacks something that its readers must get; it is not frozen."""


class LostStateError(PublisherError):
    """The store is empty while the published files are there."""


class DnsError(PublisherError):
    """DNS gave no answer: whether there is such a record is not known."""


class TransportError(PublisherError):
    """No message can be handed over at all, whoever its recipient is."""


class UnreachableError(TransportError):
    """No message can be handed over now, and nobody has to do anything for the next run to try again."""
