"""All SQL of the index `pgvector`: its tables, its conditions, and what is asked of them. `index` says when.

Tables, whose names begin with that of the index: `_info` says how it was made; `_change` has one row for each state
that can be read; `_row` has the entries, each with the change it was born in and the one it died in; `_word` has for
each term, in segments of consecutive entries, who has it, how often, and how long they are: what BM25 counts with.
`_segment` lists the segments; small ones that stand beside each other are joined when they are many.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any as Anything

from mlwright.rag.conditions import ACL, All, Allowed, Any, Between, Filter, Is, Not, Prefix, is_number
from mlwright.rag.indexes import Quantize
from mlwright.rag.types import Meta

LIVE = (1 << 63) - 1
"""The change in which a living entry has died."""
SEGMENT = 4096
"""The most entries of a segment that is written."""
FORMAT = 1
_SEPARATOR = "\x1f"
_NUMBER = r"^-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?$"

HELD: dict[Quantize, tuple[str, str]] = {
    "none": ("vector", "vector_ip_ops"),
    "f16": ("(vector::halfvec({dims}))", "halfvec_ip_ops"),
    "binary": ("(binary_quantize(vector)::bit({dims}))", "bit_hamming_ops"),
}
"""What the approximate index holds, and how it compares."""
_DISTANCE: dict[Quantize, str] = {
    "none": "vector <#> %(vector)s",
    "f16": "vector::halfvec({dims}) <#> %(vector)s::vector::halfvec({dims})",
    "binary": "binary_quantize(vector)::bit({dims}) <~> binary_quantize(%(vector)s::vector)::bit({dims})",
}

CREATE = """
create table {t}_info (format int not null, dims int not null);
create table {t}_change (
    sequence bigint primary key, generation bigint not null, entries bigint not null, words bigint not null,
    numbers int not null, kept boolean not null default false
);
create table {t}_row (
    number int primary key, id text collate "C" not null, words int not null, born bigint not null,
    died bigint not null default {live}, meta text[] collate "C" not null, vector vector({dims}) not null
);
create unique index {t}_live on {t}_row (id) where died = {live};
create index {t}_meta on {t}_row using gin (meta) where died = {live};
create index {t}_dead on {t}_row (number) where died <> {live};
create table {t}_word (
    term text collate "C" not null, segment int not null, numbers int[] not null, counts int[] not null,
    lengths smallint[] not null, primary key (term, segment)
);
create table {t}_segment (first int primary key, entries int not null);
insert into {t}_info (format, dims) values ({format}, {dims});
insert into {t}_change (sequence, generation, entries, words, numbers) values (0, 0, 0, 0, 0);
"""
PLAIN = "alter table {t}_row alter column vector set storage plain"
"""Vectors stay in the row while they fit into a page: search then reads no second table."""

ABSENT = """
select not exists (
    select from pg_class where relname = '{t}_info' and relnamespace = current_schema()::regnamespace) as absent
"""
"""Not `to_regclass`: that remembers what was there before a lock was waited for."""
INFO = "select format, dims from {t}_info"
LOCK = "select pg_advisory_xact_lock(hashtextextended(current_schema() || '.{t}', 0))"
NEWEST = "select sequence, generation, entries, words, numbers from {t}_change order by sequence desc limit 1"
READABLE = """
select generation, max(sequence) as sequence from {t}_change
where kept or sequence = (select max(sequence) from {t}_change) group by generation order by 2
"""

END = "update {t}_row set died = %(sequence)s where died = {live} and id = any(%(ids)s) returning words"
ROWS = "copy {t}_row (number, id, words, born, meta, vector) from stdin with (format binary)"
ROW_TYPES = ("int4", "text", "int4", "int8", "text[]", "vector")
WORDS = "copy {t}_word (term, segment, numbers, counts, lengths) from stdin with (format binary)"
WORD_TYPES = ("text", "int4", "int4[]", "int4[]", "int2[]")
ADD_SEGMENTS = (
    "insert into {t}_segment (first, entries) select * from unnest(%(firsts)s::int[], %(sizes)s::int[]) as s (a, b)"
)
SEGMENTS = "select first, entries from {t}_segment order by first"
JOIN_WORDS = """
with old as (delete from {t}_word where segment = any(%(firsts)s::int[]) returning *)
insert into {t}_word (term, segment, numbers, counts, lengths)
select term, %(first)s, array_agg(number order by number), array_agg(count order by number),
       array_agg(length order by number)
from old, unnest(numbers, counts, lengths) as u (number, count, length) group by term
"""
JOIN_SEGMENTS = """
with old as (delete from {t}_segment where first = any(%(firsts)s::int[]) and first <> %(first)s returning entries)
update {t}_segment set entries = entries + (select coalesce(sum(entries), 0) from old) where first = %(first)s
"""
ADD_CHANGE = """
insert into {t}_change (sequence, generation, entries, words, numbers)
values (%(sequence)s, %(generation)s, %(entries)s, %(words)s, %(numbers)s)
"""
ANALYZE = "analyze {t}_row"

IDS = "select id from {t}_row where {seen}"
VECTORS = "select distinct on (id) id, vector from {t}_row where id = any(%(ids)s) order by id, died desc"
STATS = """
select (select count(*) from {t}_row where died = {live}) as entries, past.past, past.dead,
       (select sum(pg_total_relation_size(to_regclass(name))) from unnest(%(tables)s::text[]) name)::bigint as bytes,
       to_regclass('{t}_near') is not null as near
from (select count(*) filter (where seen) as past, count(*) filter (where not seen) as dead from (
    select exists (select from {t}_change c where c.kept and c.sequence >= r.born and c.sequence < r.died) as seen
    from {t}_row r where r.died <> {live}) ended) past
"""
NEAR = """
create index if not exists {t}_near on {t}_row using hnsw ({held} {compares}) with (m = 16, ef_construction = 128)
where died = {live}
"""
NO_GRAPH = "select to_regclass('{t}_near') is null as few"
FEW = """
select to_regclass('{t}_near') is null or (select count(*) from (
    select from {t}_row where {seen} and {condition} limit %(few)s + 1) counted) <= %(few)s as few
"""
EXACT = """
select id, -(vector <#> %(vector)s) as score from {t}_row where {seen} and {condition}
order by 0 + (vector <#> %(vector)s), id limit %(top)s
"""
"""The `0 +` keeps the approximate index out of it."""
NEAREST = """
select id, -(vector <#> %(vector)s) as score from {t}_row where {seen} and {condition}
order by vector <#> %(vector)s limit %(top)s
"""
NEAREST_RESCORED = """
with found as materialized (
    select id, vector from {t}_row where {seen} and {condition} order by {distance} limit %(more)s
)
select id, -(vector <#> %(vector)s) as score from found order by vector <#> %(vector)s, id limit %(top)s
"""

STEADY = "set transaction isolation level repeatable read, read only"
POSTINGS = "select term, numbers, counts, lengths from {t}_word where term = any(%(terms)s)"
CHANGE = "select entries, words, numbers from {t}_change where sequence = {moment}"
NUMBERS = "select coalesce(array_agg(number), array[]::int[]) as numbers from {t}_row where {condition}"
NAMES = "select number, id from {t}_row where number = any(%(numbers)s::int[])"
FORGET_CHANGES = (
    "delete from {t}_change where not kept and sequence < (select max(sequence) from {t}_change) returning sequence"
)
FORGET_ROWS = """
delete from {t}_row r where died <> {live} and not exists (
    select from {t}_change c where c.sequence >= r.born and c.sequence < r.died) returning number
"""
SEGMENTS_OF = """
select distinct (select max(first) from {t}_segment s where s.first <= n.number) as first
from unnest(%(numbers)s::int[]) as n (number)
"""
FORGET_WHOLE_WORDS = """
delete from {t}_word w where w.segment = any(%(segments)s::int[]) and not exists (
    select from unnest(w.numbers) as u (number) where not (u.number = any(%(numbers)s::int[])))
"""
FORGET_WORDS = """
with gone as materialized (select unnest(%(numbers)s::int[]) as number),
kept as (
    select w.term, w.segment, array_agg(u.number order by u.number) as numbers,
           array_agg(u.count order by u.number) as counts, array_agg(u.length order by u.number) as lengths
    from {t}_word w, unnest(w.numbers, w.counts, w.lengths) as u (number, count, length)
    where w.segment = any(%(segments)s::int[]) and not exists (select from gone where gone.number = u.number)
    group by w.term, w.segment
)
update {t}_word w set numbers = kept.numbers, counts = kept.counts, lengths = kept.lengths
from kept where w.term = kept.term and w.segment = kept.segment and cardinality(w.numbers) <> cardinality(kept.numbers)
"""
RESIZE_SEGMENTS = """
with sizes as (
    select s.first, (select count(*) from {t}_row r where r.number >= s.first and r.number < s.next) as entries
    from (select first, lead(first, 1, 2147483647) over (order by first) as next from {t}_segment) s
    where s.first = any(%(segments)s::int[])
)
update {t}_segment s set entries = sizes.entries from sizes where s.first = sizes.first
"""
FORGET_SEGMENTS = "delete from {t}_segment where entries = 0"
KEEP = """
update {t}_change c set kept = c.sequence in (
    select max(sequence) from {t}_change where generation = any(%(generations)s) group by generation)
"""

WRONG_WORDS = """
select r.number, r.id, r.words, coalesce(counted.words, 0) as counted from {t}_row r left join (
    select u.number, sum(u.count) as words from {t}_word w, unnest(w.numbers, w.counts) as u (number, count)
    group by u.number
) counted using (number) where r.words <> coalesce(counted.words, 0)
"""
STRANGE_WORDS = """
select distinct u.number from {t}_word w, unnest(w.numbers) as u (number)
where not exists (select from {t}_row r where r.number = u.number)
"""
WRONG_COUNTS = """
select n.entries, n.words, n.sequence, count(r.*) as having, coalesce(sum(r.words), 0)::bigint as reading
from (select * from {t}_change order by sequence desc limit 1) n left join {t}_row r on r.died = {live}
group by n.entries, n.words, n.sequence having n.entries <> count(r.*) or n.words <> coalesce(sum(r.words), 0)
"""
RECOUNT = """
update {t}_change set entries = now.entries, words = now.words from (
    select count(*) as entries, coalesce(sum(words), 0)::bigint as words from {t}_row where died = {live}) now
where sequence = (select max(sequence) from {t}_change)
"""
DROP_ROWS = "delete from {t}_row where number = any(%(numbers)s)"


def seen(moment: int | None) -> str:
    """The rows that live, or lived at a change."""
    return f"died = {LIVE}" if moment is None else f"born <= {moment} and died > {moment}"


def moment(t: str, moment: int | None) -> str:
    """The number of a change, or of the newest."""
    return f"(select max(sequence) from {t}_change)" if moment is None else str(moment)  # noqa: S608 - our own name


def pairs(meta: Meta) -> list[str]:
    """What conditions look at: a text for each value of each field, and one that says that there are labels."""
    found = []
    for name, value in meta.items():
        values = (value,) if isinstance(value, str) else value
        found += [_pair(name, one) for one in values]
        if name == ACL and values:
            found.append(ACL)
    return found


@dataclass(slots=True)
class Conditions:
    """Writes filters as SQL; what they compare with goes into `values`."""

    values: dict[str, Anything] = field(default_factory=dict)

    def write(self, where: Filter | None) -> str:
        match where:
            case None | All(()):
                return "true"
            case Any(()) | Is(_, ()):
                return "false"
            case All(parts):
                return f"({' and '.join(map(self.write, parts))})"
            case Any(parts):
                return f"({' or '.join(map(self.write, parts))})"
            case Not(part):
                return f"not {self.write(part)}"
            case Is(name, values):
                return self._has([_pair(name, value) for value in values])
            case Allowed(labels):
                return f"(not {self._has([ACL])} or {self._has([_pair(ACL, label) for label in labels])})"
            case Prefix(name, value):
                return f"exists (select from unnest(meta) v where starts_with(v, {self._value(_pair(name, value))}))"
            case Between():
                return self._between(where)

    def _has(self, wanted: Sequence[str]) -> str:
        return f"(meta && {self._value(list(wanted))}::text[])"

    def _between(self, where: Between) -> str:
        start = _pair(where.field, "")
        text = f"substr(v, {len(start) + 1})"
        ends = [
            self._compared(text, f"{sign}{'' if is_open else '='}", limit)
            for sign, limit, is_open in ((">", where.low, where.low_open), ("<", where.high, where.high_open))
            if limit is not None
        ]
        inside = " and ".join(ends)
        return f"exists (select from unnest(meta) v where starts_with(v, {self._value(start)}) and {inside})"

    def _compared(self, text: str, sign: str, limit: str) -> str:
        as_text = f"{text} {sign} {self._value(clean(limit))}"
        if not is_number(limit):
            return as_text
        number = f"{text}::numeric {sign} {self._value(limit)}::numeric"
        return f"case when {text} ~ {self._value(_NUMBER)} then {number} else {as_text} end"

    def _value(self, value: Anything) -> str:
        name = f"w{len(self.values)}"
        self.values[name] = value
        return f"%({name})s"


def distance(quantize: Quantize, dims: int) -> str:
    """How far a row is from the question, as the approximate index sees it."""
    return _DISTANCE[quantize].format(dims=dims)


def clean(text: str) -> str:
    """PostgreSQL keeps no NUL in texts."""
    return text.replace("\0", "")


def _pair(name: str, value: str) -> str:
    return clean(f"{name}{_SEPARATOR}{value}")
