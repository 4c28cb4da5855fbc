-- What was worked out belongs to the pipeline that did, and goes when it no longer holds the thing. The rows from before
-- name no pipeline: what they held is worked out again.
drop table rag_derived;
create table rag_derived (
    pipeline text not null,
    thing text not null,
    name text not null,
    sha256 text not null,
    bytes bigint not null,
    made_at text not null,
    primary key (pipeline, thing, name)
);
