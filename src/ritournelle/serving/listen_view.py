"""The Listen page, ready to be written: the playlist with its reasons, what was heard, and what is left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ritournelle.domain.recommendations import Recommendation, RecommendationList
from ritournelle.domain.taste import ExclusionKind, TasteExclusion
from ritournelle.inference.lists import unknown_listener
from ritournelle.serving.api.contract import HeardOut
from ritournelle.serving.api.dialogue import answer_list
from ritournelle.serving.api.parts import ApiParts
from ritournelle.serving.language import Texts
from ritournelle.serving.writing import Writer

SURFACE = "page"
MOST_TRACKS, MOST_HEARD = 20, 12


@dataclass(frozen=True)
class Sentence:
    """Words for a reader; `language` where it is not the page's."""

    text: str
    language: str = ""


@dataclass(frozen=True)
class PlaylistLine:
    """One recommendation, and why."""

    one: Recommendation
    reason: Sentence


@dataclass(frozen=True)
class HeardLine:
    """One listen, and whether its listener has taken it out of their taste."""

    one: HeardOut
    is_left_out: bool


@dataclass(frozen=True)
class LeftOut:
    """One exclusion in words; `button` is what takes it back, `is_open` a session that goes on."""

    sentence: str
    button: str
    is_open: bool
    starts_at: str


@dataclass(frozen=True)
class ListenView:
    """Everything that the page of one listener shows."""

    user_id: int
    made: RecommendationList
    answered: Sentence
    playlist: Sequence[PlaylistLine]
    heard: Sequence[HeardLine]
    left_out: Sequence[LeftOut]

    @property
    def session(self) -> LeftOut | None:
        """The private session that goes on now."""
        return next((one for one in self.left_out if one.is_open), None)


def listen_view(api: ApiParts, user_id: int, texts: Texts, write: Writer) -> ListenView:
    """Asks for the list, which is on record from now on; raises what the API does."""
    made = answer_list(api, user_id, min(MOST_TRACKS, api.list_length), surface=SURFACE)
    exclusions = api.lists.exclusions_of(user_id)
    heard = api.tracks.history(user_id, MOST_HEARD).listens
    named = {track for one in made.recommendations for track in one.because_of}
    named |= {int(one.target or 0) for one in exclusions if one.kind is ExclusionKind.TRACK}
    titles = api.catalogue.titles(named)
    return ListenView(
        user_id,
        made,
        _answered(made, texts),
        [PlaylistLine(one, _reason(one, titles, texts)) for one in made.recommendations],
        [HeardLine(one, any(_leaves_out(each, one) for each in exclusions)) for one in heard],
        [_left_out(one, titles, texts, write) for one in sorted(exclusions, key=lambda one: one.changed_at)],
    )


def _answered(made: RecommendationList, texts: Texts) -> Sentence:
    if made.fallback_reason is None:
        return Sentence(texts(f"answered.{made.answered_by}"))
    if made.fallback_reason == unknown_listener(made.user_id):
        return Sentence(texts("answered.fallback", why=texts("why.unknown")))
    known = f"why.{made.fallback_reason}"
    return Sentence(texts("answered.fallback", why=texts(known) if texts.has(known) else made.fallback_reason))


def _reason(one: Recommendation, titles: Mapping[int, str], texts: Texts) -> Sentence:
    heard = [titles[track] for track in one.because_of if track in titles]
    if heard:
        *others, last = (f"“{title}”" if texts.language == "en" else f"« {title} »" for title in heard)
        joined = f"{', '.join(others)} {texts('listen.and')} {last}" if others else last
        return Sentence(texts("listen.because", titles=joined))
    known = f"reasons.{one.reason}"
    return Sentence(texts(known)) if texts.has(known) else Sentence(one.reason, "en")


def _leaves_out(exclusion: TasteExclusion, listen: HeardOut) -> bool:
    """Whether this listen counts no more."""
    match exclusion.kind:
        case ExclusionKind.LISTEN:
            return exclusion.target == listen.listen_id
        case ExclusionKind.TRACK:
            return exclusion.target == str(listen.track_id)
        case ExclusionKind.ARTIST:
            return (exclusion.target or "").lower() == (listen.artist or "").lower()
        case ExclusionKind.SESSION:
            return exclusion.covers(listen.listened_at)


def _left_out(one: TasteExclusion, titles: Mapping[int, str], texts: Texts, write: Writer) -> LeftOut:
    start = "" if one.starts_at is None else one.starts_at.isoformat()
    is_open = one.kind is ExclusionKind.SESSION and one.ends_at is None
    if one.kind is ExclusionKind.SESSION:
        key = "left_out.open_session" if is_open else "left_out.session"
        sentence = texts(key, start=write.moment(one.starts_at), end=write.moment(one.ends_at))
        return LeftOut(sentence, f"session:{start}", is_open, start)
    target = one.target or ""
    shown = titles.get(int(target), target) if one.kind is ExclusionKind.TRACK else target
    return LeftOut(texts(f"left_out.{one.kind}", target=shown), f"{one.kind}:{target}", False, "")
