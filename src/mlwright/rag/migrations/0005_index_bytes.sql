-- What the files of the index took on disk when the version was built; 0 for versions from before.
alter table rag_index add column bytes bigint not null default 0;
