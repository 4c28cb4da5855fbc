-- A conversation belongs to one owner (a keyed hash of key and user; empty for whoever is at this machine).
create table rag_conversation (
    conversation text primary key,
    pipeline text not null,
    owner text not null,
    title text not null,
    started_at text not null,
    last_at text not null
);
create index rag_conversation_by_owner on rag_conversation (owner, last_at);

-- Its turns, in the order of their answers' ids; `shown` are the chunks that the model saw, in their order.
create table rag_turn (
    conversation text not null,
    answer text not null,
    question text not null,
    body text not null,
    shown text not null,
    primary key (conversation, answer)
);

alter table rag_answer add column conversation text not null default '';
alter table rag_answer add column asked text not null default '';
alter table rag_answer add column cached_tokens bigint not null default 0;
alter table rag_answer add column calls text not null default '[]';
