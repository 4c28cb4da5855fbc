create table kernel_edge (
  child text not null,
  parent text not null,
  how text not null,
  primary key (child, parent, how)
);
create index kernel_edge_parent on kernel_edge (parent, child, how);
