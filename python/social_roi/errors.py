"""The one kind of error a user can act on."""


class UserError(Exception):
    """Bad input or a missing piece: one clear line (what, where, what to do); exit code 2."""
