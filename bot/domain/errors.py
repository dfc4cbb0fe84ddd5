"""The root of the errors that this product raises; expected outcomes are values, not errors."""


class BotError(Exception):
    """Something that a person has to act on; the message says what to do."""


class ConfigError(BotError):
    """The settings are wrong: the message names the key, the value and what is allowed."""


class StoreError(BotError):
    """The database refused or is gone; nothing was written."""
