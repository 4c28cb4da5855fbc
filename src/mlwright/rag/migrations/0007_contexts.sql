-- What a model wrote of a chunk's place in its document. `context_key` names everything that it was given.
create table rag_context (
    context_key text primary key,
    model text not null,
    prompt text not null,
    body text not null,
    made_at text not null
);

-- The context of a chunk, a part of what is embedded; empty where the pipeline has none, or the model gave none.
alter table rag_chunk add column context text not null default '';
alter table rag_chunk add column context_key text not null default '';

-- The chunks that an index holds without a context, because the model gave none.
alter table rag_index add column bare text not null default '[]';
