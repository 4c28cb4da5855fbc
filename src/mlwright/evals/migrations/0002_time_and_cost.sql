alter table eval_result add column seconds text not null default '{}';
alter table eval_result add column cost text;
alter table eval_result add column synthetic bigint not null default 0;
alter table eval_example add column seconds text not null default '{}';
alter table eval_example add column cost double precision;
