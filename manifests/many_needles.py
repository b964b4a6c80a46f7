"""Which rows of an Arrow column hold which of many byte strings, in any case: one pass, however many strings there are.

Any stretch of 7 bytes holds one whole aligned word of 4. Every aligned word of the column is hashed into a table of
the words that the strings hold: numpy does that at 1 to 2 GB/s, where an automaton steps through bytes at 0.3. What
passes the table is compared in full, so nothing is reported that does not stand there. Shorter strings are compared at
each of the four alignments, which costs as much as ten longer ones: have few of them.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from lowbackground.manifests.bulk_search import buffers, runs

MIN_NEEDLE = 4  # bytes: one word
_SURE = 7  # bytes: a stretch of so many holds an aligned word wherever it stands
_FOLD = np.uint32(
    0x20202020
)  # sets the bit that tells lower case from upper: ASCII letters fold, and the rest folds on both sides
_MULTIPLIER = 0x9E3779B1  # Knuth, The Art of Computer Programming 3, 6.4: 2^32 / golden ratio, made odd
_FOLDED = bytes(byte | 0x20 for byte in range(256))
_PIECE = 1 << 15  # words: what is computed of them stays in a second-level cache
_PAIRS = 1 << 16  # of a word and a needle, compared at once: a flood of one word costs time, and no memory
_TABLE_BITS = 16  # 64 KiB stay in a second-level cache beside the piece that is looked at


@dataclass(frozen=True, slots=True)
class Place:
    """Needle number `needle` stands in `row`, `start` bytes after the beginning of its value."""

    row: int
    start: int
    needle: int


class ManyNeedles:
    """Byte strings to look for together; ASCII letters match in either case."""

    def __init__(self, needles: Sequence[bytes]) -> None:
        """Index the strings.

        Raises:
            ValueError: one is shorter than `MIN_NEEDLE` bytes.
        """
        if short := [needle for needle in needles if len(needle) < MIN_NEEDLE]:
            raise ValueError(f"{short[0]!r} is too short to look for: a needle needs {MIN_NEEDLE} bytes")
        self.needles = tuple(needle.lower() for needle in needles)
        folded = [needle.translate(_FOLDED) for needle in needles]
        self._short = [(number, _word(needle, 0)) for number, needle in enumerate(folded) if len(needle) < _SURE]
        keys = [
            (_word(needle, shift), shift, number)
            for number, needle in enumerate(folded)
            if len(needle) >= _SURE
            for shift in _rarest(needle)
        ]
        hashed = _hashed(np.array([word for word, _, _ in keys], np.uint32))
        keys = [keys[place] for place in np.argsort(hashed, kind="stable").tolist()]
        counts = np.bincount(hashed, minlength=1 << _TABLE_BITS)
        self._counts, self._first_keys = counts, np.cumsum(counts) - counts  # of each hash
        self._table = counts > 0
        self._words = np.array([word for word, _, _ in keys], np.uint32)
        self._shifts = np.array([shift for _, shift, _ in keys], np.int64)
        self._numbers = np.array([number for _, _, number in keys], np.int64)
        whole = [folded[number] for _, _, number in keys]
        self._lengths = np.array([len(needle) for needle in whole], np.int64)
        rare = [_rarest(needle).start for needle in whole]
        last = [len(needle) - MIN_NEEDLE for needle in whole]
        self._parts = [  # where a word of the needle must stand, and which: the rarest 7 bytes, then its two ends
            (
                np.array(at, np.int64),
                np.array([_word(needle, each) for needle, each in zip(whole, at, strict=True)], np.uint32),
            )
            for at in (rare, [place + _SURE - MIN_NEEDLE for place in rare], [0] * len(keys), last)
        ]

    def places(self, column: pa.Array, rows: Iterable[int] | None = None) -> list[Place]:
        """Where the needles stand in a (large) string or binary array, by row and place; null rows hold none.

        `rows` limits the search to some rows, ascending: the bytes of others are not read.
        """
        if not self.needles:
            return []
        offsets, data = buffers(column)
        found: set[tuple[int, int, int]] = set()
        for first, last in [(0, len(column))] if rows is None else runs(rows):
            for place, number in self._standing(data, int(offsets[first]), int(offsets[last])):
                row = int(np.searchsorted(offsets, place, "right")) - 1
                if place + len(self.needles[number]) <= offsets[row + 1]:
                    found.add((row, place - int(offsets[row]), number))
        return [Place(*each) for each in sorted(found) if column.null_count == 0 or column[each[0]].is_valid]

    def _standing(self, data: npt.NDArray[np.uint8], start: int, end: int) -> Iterator[tuple[int, int]]:
        """Each place in `data[start:end]` at which a needle stands, with the number of the needle."""
        words = data[: len(data) // 4 * 4].view("<u4")
        last = min(-(-end // 4), len(words))
        folded, hashed, passed = np.empty(_PIECE, np.uint32), np.empty(_PIECE, np.uint32), np.empty(_PIECE, np.bool_)
        for first in range(start // 4, last, _PIECE):
            count = min(_PIECE, last - first)
            np.bitwise_or(words[first : first + count], _FOLD, out=folded[:count])
            _hashed(folded[:count], out=hashed[:count])
            self._table.take(hashed[:count], out=passed[:count], mode="clip")  # none is outside; to raise costs a copy
            (at,) = passed[:count].nonzero()
            candidates = self._confirmed(data, (at + first) * 4, folded[at], hashed[at], start, end)
            for place, number in chain(candidates, self._short_ones(data, first * 4, end) if self._short else ()):
                needle = self.needles[number]
                if place >= start and data[place : place + len(needle)].tobytes().lower() == needle:
                    yield place, number

    def _short_ones(self, data: npt.NDArray[np.uint8], first: int, end: int) -> Iterator[tuple[int, int]]:
        """Where the first word of a short needle stands in the piece that begins at byte `first`."""
        stop = min(first + _PIECE * 4, end)
        for shift in range(4):
            count = max(0, min(_PIECE, (min(stop + 3, len(data)) - first - shift) // 4))
            words = data[first + shift : first + shift + count * 4].view("<u4") | _FOLD
            for number, word in self._short:
                for index in np.flatnonzero(words == np.uint32(word)).tolist():
                    yield first + shift + index * 4, number

    def _confirmed(
        self,
        data: npt.NDArray[np.uint8],
        at: npt.NDArray[np.int64],
        words: npt.NDArray[np.uint32],
        hashed: npt.NDArray[np.uint32],
        start: int,
        end: int,
    ) -> Iterator[tuple[int, int]]:
        """Of words that passed the table, the places at which the rarest 7, the first 4 and the last 4 bytes of a needle stand."""
        counts = self._counts[hashed]
        pairs = np.cumsum(counts)  # of a word and a needle that holds it
        cuts = np.searchsorted(pairs, np.arange(_PAIRS, pairs[-1], _PAIRS)).tolist() if len(pairs) else []
        for first, last in pairwise((0, *cuts, len(at))):
            some = slice(first, last)
            yield from self._compared(data, at[some], words[some], hashed[some], start, end)

    def _compared(
        self,
        data: npt.NDArray[np.uint8],
        at: npt.NDArray[np.int64],
        words: npt.NDArray[np.uint32],
        hashed: npt.NDArray[np.uint32],
        start: int,
        end: int,
    ) -> Iterator[tuple[int, int]]:
        counts = self._counts[hashed]
        which = np.repeat(np.arange(len(at)), counts)
        key = np.arange(len(which)) + np.repeat(self._first_keys[hashed] - np.cumsum(counts) + counts, counts)
        same = self._words[key] == words[which]
        key, which = key[same], which[same]
        places = at[which] - self._shifts[key]
        inside = (places >= start) & (places + self._lengths[key] <= end)
        key, places = key[inside], places[inside]
        for shifts, wanted in self._parts:  # each time few are left
            same = _words_at(data, places + shifts[key]) == wanted[key]
            key, places = key[same], places[same]
        return zip(places.tolist(), self._numbers[key].tolist(), strict=True)


def _words_at(data: npt.NDArray[np.uint8], places: npt.NDArray[np.int64]) -> npt.NDArray[np.uint32]:
    """The folded words that start at any byte; all places leave room for one."""
    if not len(places):
        return np.zeros(0, np.uint32)
    return np.ndarray((len(data) - 3,), "<u4", data, strides=(1,))[places] | _FOLD


def _hashed(words: npt.NDArray[np.uint32], out: npt.NDArray[np.uint32] | None = None) -> npt.NDArray[np.uint32]:
    product = np.multiply(words, np.uint32(_MULTIPLIER), out=out)
    return np.right_shift(product, np.uint32(32 - _TABLE_BITS), out=product)


def _word(needle: bytes, at: int) -> int:
    return int.from_bytes(needle[at : at + 4], "little")


def _rarest(needle: bytes) -> range:
    """The four neighbouring words of a needle that stand in few pages by themselves."""
    costs = [_COMMON_WORDS.get(needle[at : at + 4], 0) for at in range(len(needle) - 3)]
    best = min(range(len(needle) - _SURE + 1), key=lambda at: sum(costs[at : at + 4]))
    return range(best, best + 4)


# The commonest words of four bytes in 150 crawled pages, and in 9,000 texts of people (`_` is a space), letters folded.
# They decide about speed alone: which part of a needle is looked for.
_IN_PAGES = """
    lass clas ass= tion ss=" cont http onte type nten item ment tent data ttps tps: href ref= ctio div> /div
    ata- <div </di s:// ps:/ ef=" "htt ight .com </a> menu -ite ="ht rtic arti widt idth text scri emen span
    com/ icle link ticl medi atio crip ript name leme elem -con imag mage edia head </li /li> line enu- itle
    titl dth: func ent- www. ncti unct font list /www quot icon ://w eigh port //ww f="h tem- ght: styl ont-
    tyle /a>< colo id=" play olor le=" nu-i ader size u-it heig form -wid nter eade der- ecti able a></ load
    onta ding ></d f="/ pan> ound back wrap itio left spla over rgin marg argi site ></l disp grou butt utto
    tton rder lor: ispl ype= orde iner e":" -col this tain roun /spa <spa </sp iv>< .con aine navi ion" page
    ion: s="s ion- "><a ntai turn ackg kgro ckgr lock arge etur retu true news lay: auto ptio bord bloc ><di
    .jpg vide appe righ ento post meta -nav ing- comm -siz rans tran tor- dget idge ntor ease siti ="me widg
    ideo pper igat nt-s addi avig viga pe=" li>< none gati sect even ddin ine- omme s="c et=" el=" padd "men
    src= /wp- ipt> rapp s="m bott -typ tive tter -lin ents ent/ otto ttom p-co t-si foot -ico inte teas aser
    rget valu view targ alue gin- cial arch oter posi osit ></s oote ener mmen main wp-c rel= ploa uplo lect
    -web /upl nt-- html -tex his. er"> ente ing: vent flex inde enam ize: ext- ta-v wind time ="co kit- -wra
    nner abel ame: late ebki webk bkit min- indo -lis orta ndow n.co rc=" umen -hea ><li labe ent= cle- ttp:
    ject stat cons ions ent. nt=" ame= cate p:// ture nlin fill in-w tp:/ ter- -men nav- tant me=" ateg -lef
    path ype- anne d-co .de/ get= -top mpor und- </p> tle= impo cent body tego
"""
_IN_TEXTS = """
    _the the_ and_ ing_ _and _to_ _of_ tion _in_ _is_ hat_ ion_ _tha _for atio that n_th for_ ent_ his_
    e_th _pro f_th of_t _con _you with ment _wit s_th t_th ther ith_ _thi are_ d_th our_ _on_ this s_an
    _com ng_t ted_ in_t _are e_of _as_ _it_ s_to he_s ting her_ s_of ed_t _be_ ions nd_t e_to ers_ he_c
    e_in ere_ you_ e_co nce_ out_ he_p s_in _int r_th ter_ ave_ here to_t _can _hav d_to s_a_ _we_ _not
    o_th over t_of have e_an ons_ one_ he_f ng_a ore_ _sta _or_ can_ _fro _by_ all_ on_t _use _wor es_a
    from cont ill_ _was rom_ g_th ity_ not_ ate_ ies_ _an_ but_ ive_ ould _cha was_ lly_ ble_ ctio ever
    ess_ _at_ ally _all _our uld_ at_t e_re _whi form _wil d_in _res es_t er_t _but will he_m nter they
    e_pr ight ence inte thin t_to is_a _mor ding _his or_t ed_a he_a able hen_ _whe more _eve othe ome_
    work hey_ reat hing comp he_d sion port h_th use_ he_t ough ver_ some thei heir eir_ ring he_w _pla
    _app tive _a_s ance _man nd_a _pre your sed_ king e_a_ re_t een_ _sho comm nts_ re_a ning _exp
"""
_COMMON_WORDS: dict[bytes, int] = {}
for _words in (_IN_PAGES, _IN_TEXTS):
    for _rank, _spelt in enumerate(_words.split(), start=3):
        _common = _spelt.replace("_", " ").encode()
        _COMMON_WORDS[_common] = max(1000 // _rank, _COMMON_WORDS.get(_common, 0))
