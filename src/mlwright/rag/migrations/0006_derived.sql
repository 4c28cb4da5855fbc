-- What was worked out from a version or an index and can be worked out again, as pictures of pages; the blobs hold it.
create table rag_derived (
    thing text not null,
    name text not null,
    sha256 text not null,
    made_at text not null,
    primary key (thing, name)
);
