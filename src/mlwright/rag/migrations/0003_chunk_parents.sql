-- The wider span that is shown for a chunk, in characters of its version; both 0 where that is the chunk itself.
alter table rag_chunk add column parent_start bigint not null default 0;
alter table rag_chunk add column parent_end bigint not null default 0;
