-- Names that people gave to index versions: a tagged version stays readable for ever.
create table rag_index_tag (
    shelf text not null,
    tag text not null,
    generation bigint not null,
    tagged_at text not null,
    primary key (shelf, tag)
);

create index rag_chunk_by_embedded on rag_chunk (embedded_sha256);
