create table if not exists orders (id bigserial primary key, taken_at timestamptz not null default now());
create table if not exists reports (made_at timestamptz not null default now(), orders bigint not null);
