"""Names and words: people, artists, albums, tracks and genres, all invented."""

from __future__ import annotations

import numpy as np

FIRST_NAMES = tuple(
    "Ada Aïcha Alma Amir Anouk Aya Basile Béla Camille Chloé Cosima Daria Elio Elsa Emil Esther Farid Fanny Gaël "
    "Hana Hugo Ines Iris Ivan Jade Joan Jules Kenza Kofi Lea Leïla Lino Louise Maëlle Malik Mara Milo Mina Nadia "
    "Naïm Noé Nora Olga Omar Oscar Paula Pia Rafael Rosa Sami Selma Simon Sofia Tess Théo Uma Victor Wanda Yara "
    "Yves Zoé".split()
)
LAST_NAMES = tuple(
    "Abadie Adler Amara Arnaud Baptiste Barros Benali Bergman Blanc Bonnet Brandt Caron Castel Chen Cohen Costa "
    "Daoud Delmas Diallo Dubois Duran Eriksen Fabre Ferrari Fontaine Garnier Girard Haddad Hansen Ito Jansen "
    "Kaplan Keita Klein Kovacs Lambert Laurent Lefort Lindgren Lopez Marchand Martel Mercier Moreau Nadal Novak "
    "Okafor Olsen Ortega Perrin Petit Quintana Renaud Ricci Rossi Roussel Sanchez Santos Sauvage Sorel Tanaka "
    "Tessier Traoré Vasseur Vidal Vogel Weber Yilmaz Zola".split()
)
GENDERS = ("Female", "Male", "Non-binary", "Agender", "Genderfluid")
GENRES = (
    "Ambient Blues Chanson Classical Country Disco Electro Folk Funk Gospel Hip-Hop House Indie Jazz Latin Metal "
    "Pop Punk Reggae Rock Soul Techno Trance World"
).split()
_ADJECTIVES = (
    "Amber Blue Broken Burning Distant Electric Empty Endless Fading First Golden Hidden Hollow Last Little Lonely "
    "Lost Lucid Midnight Northern Open Paper Quiet Restless Rising Scarlet Secret Silent Silver Slow Southern Velvet "
    "Wild Winter"
).split()
_NOUNS = (
    "Avenue Balcony Bird Boat Bridge City Coast Dancer Dawn Dream Echo Ember Field Fire Garden Harbour Heart Highway "
    "Horizon Island Lantern Letter Light Mirror Moon Morning Mountain Ocean Rain River Road Room Shadow Signal Sky "
    "Snow Song Station Stone Storm Street Summer Tide Train Valley Wave Window Year"
).split()
_STARTS = "bra ce dori fa glo ka lu me no pri sa tro".split()
_MIDDLES = "la mi ne ra si to va xe zu".split()
_ENDS = "dra fin lo mar nu ple ris tan vo".split()
FREE_WORDS = len(_STARTS) * len(_MIDDLES) * len(_ENDS)
"""Distinct free words: 972, so that 1,000 tracks show about 625 of them, as measured on the real app (Q10)."""


def free_word(number: int) -> str:
    """The invented word of that number; repeats after `FREE_WORDS`."""
    rest, start = divmod(number, len(_STARTS))
    rest, middle = divmod(rest, len(_MIDDLES))
    return _STARTS[start] + _MIDDLES[middle] + _ENDS[rest % len(_ENDS)]


def artist_name(number: int) -> str:
    """One name per number, without end."""
    generation, word = divmod(number, FREE_WORDS)
    name = free_word(word).capitalize()
    return f"{name} {artist_name(generation - 1)}" if generation else name


def titles(rng: np.random.Generator, count: int) -> list[str]:
    """Titles of tracks; they repeat, as titles do."""
    adjectives, nouns = _picks(rng, len(_ADJECTIVES), count), _picks(rng, len(_NOUNS), count)
    return [f"{_ADJECTIVES[first]} {_NOUNS[second]}" for first, second in zip(adjectives, nouns, strict=True)]


def album_name(artist: int, album: int) -> str:
    """The title of one of an artist's albums."""
    return f"{_ADJECTIVES[(artist + 7 * album) % len(_ADJECTIVES)]} {_NOUNS[(3 * artist + album) % len(_NOUNS)]}s"


def first_names(rng: np.random.Generator, count: int) -> list[str]:
    """First names of people."""
    return [FIRST_NAMES[pick] for pick in _picks(rng, len(FIRST_NAMES), count)]


def last_names(rng: np.random.Generator, count: int) -> list[str]:
    """Last names of people."""
    return [LAST_NAMES[pick] for pick in _picks(rng, len(LAST_NAMES), count)]


def genders(rng: np.random.Generator, count: int) -> list[str]:
    """What people said when they signed up."""
    return [GENDERS[pick] for pick in _picks(rng, len(GENDERS), count)]


def songwriters(artist: int) -> str:
    """The two people who write an artist's songs."""
    first, second = artist * 31 + 5, artist * 17 + 11
    return ", ".join(f"{FIRST_NAMES[n % len(FIRST_NAMES)]} {LAST_NAMES[n % len(LAST_NAMES)]}" for n in (first, second))


def genre_name(scene: int) -> str:
    """The official genre of a scene."""
    return GENRES[scene % len(GENRES)]


def _picks(rng: np.random.Generator, choices: int, count: int) -> list[int]:
    picks: list[int] = rng.integers(choices, size=count).tolist()
    return picks
