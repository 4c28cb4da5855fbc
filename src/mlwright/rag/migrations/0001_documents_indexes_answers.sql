-- What parsers gave for a version of a document: its text is a blob, its blocks stand beside it. `format` is that of parsing.
create table rag_version (
    version text not null,
    format text not null,
    document text not null,
    key text not null,
    title text not null,
    media_type text not null,
    text_sha256 text not null,
    characters bigint not null,
    blocks text not null,
    pages text not null,
    meta text not null,
    notes text not null,
    parsed_at text not null,
    primary key (version, format)
);

-- A version that was cut into chunks whole; `cutting` names parser format, chunker and tokenizer.
create table rag_cut (
    cutting text not null,
    version text not null,
    chunks bigint not null,
    primary key (cutting, version)
);

-- A version that could not be read, until it can.
create table rag_unreadable (
    cutting text not null,
    version text not null,
    reason text not null,
    primary key (cutting, version)
);

create table rag_chunk (
    chunk text primary key,
    cutting text not null,
    version text not null,
    format text not null,
    place bigint not null,
    char_start bigint not null,
    char_end bigint not null,
    line_start bigint not null,
    line_end bigint not null,
    page bigint,
    headings text not null,
    body text not null,
    tokens bigint not null,
    embedded_sha256 text not null
);
create index rag_chunk_by_version on rag_chunk (cutting, version, place);

-- Vectors by model and text, as little-endian float16, so that no text is embedded twice.
create table rag_embedding (
    model text not null,
    text_sha256 text not null,
    vector blob not null,
    primary key (model, text_sha256)
);

-- The documents that the index on a shelf holds now. A shelf is the folder of an index.
create table rag_document (
    shelf text not null,
    document text not null,
    version text not null,
    indexed_at text not null,
    primary key (shelf, document)
);

-- Index versions: `generation` is the one of the index's files; the row whose generation they have is the current one.
create table rag_index (
    shelf text not null,
    generation bigint not null,
    index_id text not null,
    pipeline text not null,
    dataset text not null,
    documents bigint not null,
    chunks bigint not null,
    skipped text not null,
    settings text not null,
    run text not null,
    built_at text not null,
    primary key (shelf, generation)
);
create index rag_index_by_id on rag_index (index_id);

create table rag_prompt (
    prompt text primary key,
    body text not null,
    first_used_at text not null
);

create table rag_answer (
    answer text primary key,
    pipeline text not null,
    question text not null,
    body text not null,
    abstained bigint not null,
    index_id text not null,
    prompt text not null,
    model text not null,
    release text not null,
    input_tokens bigint not null,
    output_tokens bigint not null,
    cost double precision,
    citations text not null,
    hits text not null,
    seconds text not null,
    answered_at text not null
);
create index rag_answer_by_time on rag_answer (answered_at);
