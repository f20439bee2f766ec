"""What holds in a guild: what it decided, and the defaults for the rest."""

from hypothesis import given
from hypothesis import strategies as st

from services.conversation.guilds.guild_settings import DECISIONS, DEFAULTS, FLAGS, LISTS, settings_of

FLAG = st.none() | st.booleans()
STORED = st.fixed_dictionaries(
    {
        "addressing_threshold": st.floats(0, 1),
        "channel_context": st.booleans(),
        "extraction": st.booleans(),
        "rules": st.text(max_size=50),
        "retention_days": st.integers(0, 3650),
        **dict.fromkeys(FLAGS, FLAG),
        **dict.fromkeys(LISTS, st.lists(st.text(min_size=1, max_size=5), unique=True, max_size=5)),
    }
)


def test_a_guild_that_never_decided_anything_has_every_feature():
    settings = settings_of({}, version=0)
    assert settings == DEFAULTS
    assert all(getattr(settings, flag) is True for flag in FLAGS)
    assert not settings.decided


@given(stored=STORED)
def test_what_was_decided_holds_and_is_stored_as_it_was(stored):
    settings = settings_of(stored, version=3)
    assert settings.stored() == stored
    assert set(stored) == set(DECISIONS)
    assert settings.decided == {flag for flag in FLAGS if stored[flag] is not None}
    assert all(getattr(settings, name) == value for name, value in stored.items() if value is not None and name not in LISTS)
    assert all(list(getattr(settings, name)) == stored[name] for name in LISTS)
    assert all(getattr(settings, flag) is True for flag in FLAGS if stored[flag] is None)


def test_what_is_named_twice_is_kept_once_where_it_came_first():
    settings = settings_of({"ignored_user_ids": ["bob", "eve", "bob"]}, version=1)
    assert settings.ignored_user_ids == ("bob", "eve")


def test_no_threshold_is_decided_until_somebody_does():
    assert settings_of({}, version=0).addressing_threshold == 0
