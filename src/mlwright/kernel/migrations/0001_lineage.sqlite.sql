-- as 0001_lineage.sql, but the table is its own primary key: a third less disk, and faster to write
create table kernel_edge (
  child text not null,
  parent text not null,
  how text not null,
  primary key (child, parent, how)
) without rowid;
create index kernel_edge_parent on kernel_edge (parent, child, how);
