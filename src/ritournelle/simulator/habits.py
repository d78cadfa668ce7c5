"""The awkward habits of the real app (SOURCE_API, Q5 to Q15), each of which can be switched off."""

from __future__ import annotations

from dataclasses import dataclass, fields

from ritournelle.errors import SettingsError


@dataclass(frozen=True)
class Habits:
    """What the app does that breaks pipelines; the defaults are those of the real app.

    A float is the share of rows concerned, 0 for none. Raises `SettingsError` for a share outside 0…1.
    """

    colliding_ids: float = 0.01
    """Q5: after a restart, this share of the new ids belonged to another user or track before."""

    new_rows_with_old_dates: bool = True
    """Q5: a user or track that appears today says that it was created in the past two years."""

    updated_before_created: float = 0.25
    """Q7: this share of tracks and users were updated before they were created."""

    listens_before_creation: float = 0.5
    """Q7: this share of records were created before their user; with 0, on day 0 none predates its user or tracks."""

    duplicate_emails: float = 0.004
    """Q8: this share of users carry the e-mail of somebody else."""

    free_track_genres: bool = True
    """Q10: `genres` of tracks are free words; otherwise they come from the list of `favorite_genres`."""

    null_items: float = 0.002
    """Q11: this share of records have `items: null`."""

    null_user: float = 0.001
    """Q11: this share of records have `user_id: null`."""

    whole_second_datetimes: float = 0.1
    """This share of datetimes have no microseconds: 19 characters instead of 26."""

    prepended_listens: bool = False
    """New listens of a day stand at the start of `items` instead of at its end."""

    uniform_listens: bool = False
    """Q15: listens are uniform random, and there is no taste to learn."""

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not 0 <= value <= 1:
                raise SettingsError(f"habit {field.name}={value} must be a share between 0 and 1")

    @classmethod
    def tidy(cls) -> Habits:
        """None of the habits: a well-kept app, for tests that are about something else."""
        return cls(
            colliding_ids=0,
            new_rows_with_old_dates=False,
            updated_before_created=0,
            listens_before_creation=0,
            duplicate_emails=0,
            free_track_genres=False,
            null_items=0,
            null_user=0,
            whole_second_datetimes=0,
        )
