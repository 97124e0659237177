/**
 * What the judge must say of statements over the test catalog: under each line of class, weightiest code and
 * counting the statements of which it holds. A deeper line goes on with the statement before it.
 */
export const testRows = {
  // Plain reads.
  plain: `
count personal-columns: key 0
  select * from customers
  table customers
  select id, email from customers where id = 4711
  select * from 会員
  select "番号", "氏名" from "会員" /* 全員 */
  select ID, EMAIL from CUSTOMERS -- as it is folded
  select * from customers_2015
count personal-columns: key 1
  select email, id::text from customers
count personal-columns: keyless 1
  select email from customers
  select * from mail_log
pass no-personal-data
  select id, created_at from customers
  select count(*) from customers
  select code, title from products
  select 1
  values (1, 'x')
  select now(), current_user, $1::int
  select relname from pg_class
  select * from pg_catalog.pg_tables
  select last_value from booking_id
pass personal-condition
  select count(*) from customers where email like 'a%'
  select id from customers order by birth_date limit 5
count personal-columns: key 0 1
  select * from companions
count personal-columns: key 0, keyless 1
  select customer_id, remark from companions
`,
  // Joins: a source for each reference to a table.
  joins: `
count personal-columns: key 0
  select c.id, c.email, b.passport_no from customers c join bookings b on b.customer_id = c.id
  select b.customer_id, c.email from customers c left join bookings b on b.customer_id = c.id
  select c.id, b.passport_no from customers c left join bookings b on b.customer_id = c.id where c.id is
      not null
  select c1.id, c2.email from customers c1 join customers c2 using (id)
  select id, c2.email from customers c1 full join customers c2 using (id)
  select c1.id, c2.email from customers c1, customers c2 where c1.id = c2.id
  select c.id, s.email from customers c, lateral (select d.email from customers d where d.id = c.id) s
  select * from customers natural join customers_2015
  select j.id, j.email from (customers c cross join products p) j
  select j.x, j.y from (customers c cross join products p) as j(x, a, b, d, e, y)
count personal-columns: keyless 1
  select c1.id, c2.email from customers c1, customers c2
  select c1.id, c2.email from customers c1 join customers c2 using (email)
  select c1.id, c2.email from customers c1 left join customers c2 on c1.id = c1.id
  select c1.id, c2.email from customers c1 join customers c2 on c1.id = c2.id or true
  select c1.id, c2.email from customers c1 cross join customers c2 left join lateral (select d.id from
      customers d where d.id = c1.id and d.id = c2.id) s on true
  select o.id, x.email from customers o, customers x left join lateral (select y.id from customers y
      where y.id = o.id) s on x.id = s.id
  select c1.id, c2.email from customers c1, customers c2 where not (c1.id <> c2.id)
  select c1.id, c2.email from customers c1, customers c2 where c1.id = any (array[c2.id])
  select c1.id, c2.email from customers c1, customers c2 where exists (select 1 where c1.id = c2.id) or
      true
  select c.id, s.email from customers c, lateral (select d.email from customers d where d.id > c.id limit
      1) s
count personal-columns: key 0, keyless 1
  select c1.id, c1.email, c2.email from customers c1, customers c2
count personal-columns: key 0 1
  select c1.id, c2.id, c1.email, c2.email from customers c1, customers c2
pass no-personal-data
  select p.title from products p join bookings b on b.product = p.code
`,
  // What a cell is made of.
  cells: `
count personal-columns: keyless 1
  select 1 as id, email from customers
  select coalesce(id, 0), email from customers
  select case when true then id end, email from customers
  select id % 2, email from customers
  select id::varchar(1), email from customers
  select id::float4, email from customers
  select customers from customers
  select customers.*::text from customers
  select (c).email from customers c
  select row(c.*) from customers c
  select row_to_json(c) from customers c
  select row_to_json(s) from (select email from customers) s
  select xmlforest(email, phone) from customers
  select text(c) from customers c
  select array[email, phone] from customers
  select json_build_object('e', email) from customers
  select unnest(string_to_array(email, '@')) from customers
  select id, lag(email) over (order by id) from customers
  select id, max(email) over () from customers
  select t.e from (select id, email from customers) as t(k, e)
  select x.y from customers c, xmltable('/a' passing xmlforest(c.email) columns y text path 'email') x
count personal-columns: key 0
  select id, lower(left(email, 3)) || phone from customers
  select id, email like 'a%' from customers
  select (c).* from customers c
  select distinct on (id) id, email from customers
  select id, email from customers order by 2, email limit 3 offset 4
count personal-columns: key 1
  select c::text, c.id from customers c
  select (select email from products limit 1), id from customers
  select (select email from pg_class limit 1), id from customers
count personal-columns: key 0, keyless 1
  select id, email, first_value(email) over (order by id) from customers
pass personal-condition
  select row_number() over (order by email), id from customers
pass no-personal-data
  select (select 'x' as email), c.id from customers c
`,
  // Subqueries, WITH, UNION, views, and what conditions tell.
  subqueries: `
count personal-columns: keyless 1
  select (select email from customers limit 1)
  select u.a, u.m from (select id, id, email from customers union all select 1, customer_id, passport_no
      from bookings) u(a, b, m)
  select c.id, (select d.email from customers d where d.id <> c.id limit 1) from customers c
  select n, exists (select 1 from customers c where c.id = n and c.email like 'a%') from
      generate_series(1, 9) n
  select n::text from generate_series(1, 9) n join customers c on c.phone = '090' || n
  select n from generate_series(1, 9) n where exists (select 1 from customers c where c.phone = '090' ||
      n)
  select n from generate_series(1, 9) n where '090' || n in (select phone from customers)
  select v from (select unnest(array['a', 'b']) v) s join customers c on c.email = s.v
  select s.v from (select 'a' v union all select 'b') s, customers c where c.email = s.v
  select p.city from customers c join postal p on p.code = c.postal_code
  select '090' || n from generate_series(1, 9) n intersect select phone from customers
  with x as (select id, email from customers) select a.id, b.email from x a, x b
  with x as (delete from bookings returning passport_no) select * from x
  select id, email from customers union all select null::float4, null where false
  select e from v_customers
  select a.number, b.label from v_names a, v_names b
count personal-columns: key 0
  select c.id, (select d.email from customers d where d.id = c.id) from customers c
  select c.id, s.n from customers c, lateral (select count(*) n from products where c.email like 'a%') s
  with x as (select id, email from customers) select * from x
  with x as (select id, email from customers) select a.id, b.email from x a join x b on a.id = b.id
  with recursive r as (select id, email from customers where id = 1 union all select c.id, c.email from
      customers c join r on c.id = r.id + 1) select * from r
  with x as (update customers set note = 'x' returning id, email) select * from x
  select id, email from customers union all select customer_id, passport_no from bookings
  select id, email from customers union all select 0, 'nobody'
  select * from v_customers
  select * from v_names
pass personal-condition
  select exists (select 1 from customers where email = 'x')
  select 'x' in (select email from customers)
  select p.title from products p where p.code in (select product from bookings where passport_no like
      'T%')
pass no-personal-data
  with customers as (select 1 as id, 'x' as email) select * from customers
  select id from v_customers
  select * from v_count
bulk gathers-customers
  with recursive r(n, e) as (select 1, '' union all select n + 1, e || c.email from r join customers c on
      c.id = n) select e from r
  with recursive r(n, e) as (select 1, array[]::text[] union all select n + 1, e || array(select email
      from customers where id = n) from r where n < 9) select e from r
  with recursive r(id, m) as (select id, email from customers union all select c.id, c.email from
      customers c, r) search depth first by m set p select p from r
  select * from v_emails
count personal-columns: keyless 2
  with recursive r(n, a, b) as (select 1, '', '' union all select n + 1, c.email, r.a from r join
      customers c on c.id = n) select a, b from r
bulk launders-columns
  with x as (insert into settings select email, 'x' from customers) select 1
count personal-columns: key 0 1
  select id::text, email from customers union all select passport_no, customer_id::text from bookings
count personal-columns: key 0, keyless 1
  select id, email from customers union all select 1, email from customers
unknown cannot-resolve
  select * from v_broken
`,
  // Aggregates and windows.
  aggregates: `
bulk gathers-customers
  select string_agg(email, ',') from customers
  select array_agg(c) from customers c
  select json_agg(c) from customers c
  select jsonb_object_agg(id, email) from customers
  select json_objectagg(id: email) from customers
  select xmlagg(xmlelement(name e, email)) from customers
  select array(select email from customers)
  select c.id, array(select b.passport_no from bookings b where b.customer_id = c.id or true) from
      customers c
  select array_agg(s.p) from customers c, lateral (select b.passport_no p from bookings b where
      b.customer_id = c.id) s
  select c.id, array(select b.passport_no from bookings b left join customers d on d.id = c.id) from
      customers c
  select json_array(select email from customers)
  select string_agg(email, ',') over () from customers
  select string_agg(e, ',')::int from (select email e from customers) s
  select 1 from customers having string_agg(email, ',')::int = 1
  select (select string_agg(c.email, ',') from products) from customers c
  select (select string_agg(c.email, ',') from (select 1) z group by c.id) from customers c
  select my_concat(email) from customers
  select id, string_agg(email, ',') from customers group by rollup (id)
  select customer_id, string_agg(passport_no, ',') from bookings group by customer_id
  select b.customer_id, string_agg(c.email, ',') from customers c left join bookings b on b.customer_id =
      c.id and false group by 1
  select x, string_agg(c.email, ',') from customers c left join lateral (select c.id as x where false) s
      on true group by x
  select percentile_disc(array[0.1, 0.2]) within group (order by email) from customers
  select percentile_disc('{0.1,0.2}') within group (order by email) from customers
  select sum(ascii(email) * power(256, id)) from customers
  select sum(case when email like 'a%' then w end) from (select email, 2 ^ id as w from customers) s
  select bit_or(set_bit(repeat('0', 9)::bit(9), id::int, length(email) % 2)) from customers
  select array_agg(n) from generate_series(1, 9) n join customers c on c.phone = n::text
count personal-columns: key 0
  select id, string_agg(email, ',') from customers group by id
  select id, string_agg(email, ',') from customers group by 1
  select c.id, array(select b.passport_no from bookings b where b.customer_id = c.id) from customers c
  select c.id, (select string_agg(b.passport_no, ',') from bookings b where b.customer_id = c.id) from
      customers c
  select customer_id, string_agg(passport_no, ',') from bookings where customer_id is not null group by
      customer_id
  select c.id, string_agg(b.passport_no, ',') from customers c join bookings b on b.customer_id = c.id
      group by c.id
  select id, min(email) from customers group by id
count personal-columns: keyless 1
  select email, count(*) from customers group by email
  select product, min(passport_no) from bookings group by product
  select mode() within group (order by email) from customers
  select percentile_disc(0.5) within group (order by email) from customers
  select avg(extract(year from age(birth_date))) from customers
  select sum(case when email like 'a%' then 1 else 0 end) from customers
  select product, count(*) filter (where passport_no like 'T%') from bookings group by product
count personal-columns: key 1
  select email, id from customers group by rollup (email, id)
count personal-columns: keyless 2
  select min(email), max(phone) from customers
pass personal-condition
  select count(email), count(distinct phone) from customers
pass no-personal-data
  select string_agg(title, ',') from products
  select sum(price) from bookings
`,
  // What writes.
  writes: `
pass no-personal-data
  insert into customers (id, email) values (1, 'x')
  insert into customers (id, email) values (1, 'x') on conflict (id) do update set email = excluded.email
  merge into customers c using (values (1, 'x')) v(i, e) on c.id = v.i when matched then update set email
      = v.e
  truncate products
  refresh materialized view x
count personal-columns: key 0
  insert into customers (id, email) values (1, 'x') returning *
bulk launders-columns
  insert into products select email, name, 1 from customers
  insert into bookings (customer_id, passport_no) select 1, passport_no from bookings
  insert into products (code) values ((select email from customers limit 1))
  update customers c set note = d.email from customers d where d.id = c.id + 1
  update bookings set product = passport_no
  update bookings set (product, price) = (select passport_no, 1)
  update bookings set customer_id = 1
  merge into products p using customers c on p.code = c.email when not matched then insert (code) values
      (c.email)
  create table x as select * from customers
  create materialized view x as select email from customers
  select * into temp x from customers
pass personal-condition
  update customers set email = lower(email) where id = 1
  delete from customers where email = 'x'
count personal-columns: key 1
  update customers set note = '' where id = 1 returning old.email, new.id
  delete from bookings b using customers c where c.id = b.customer_id returning c.email, b.customer_id
pass defines
  create temp table x as select code from products
  create view x as select email from customers
  alter table customers rename email to title
  grant select on customers to public
unknown defines
  create extension dblink
  load 'x'
`,
  // Ways out of the database, and ways to change what is meant.
  outside: `
bulk leaves-by-server
  copy customers to '/tmp/x'
  copy products to program 'cat'
  select pg_notify('x', email) from customers
unknown leaves-by-server
  copy products from '/etc/passwd'
count personal-columns: key 0
  copy customers to stdout
count personal-columns: key 1
  copy customers (email, id) to stdout
count personal-columns: keyless 1
  copy (select email from customers) to stdout csv delimiter '|'
  select query from pg_stat_activity
  select * from settings
unknown changes-meaning
  copy customers to stdout (encoding 'sjis')
  set client_encoding to 'SJIS'
  set standard_conforming_strings = off
  select set_config('client_encoding', 'SJIS', false)
  select set_config($1, 'SJIS', false)
  alter role x set client_encoding = 'sjis'
pass no-personal-data
  copy customers from stdin
  select pg_notify('x', 'hello')
  select nextval('booking_id')
  select pid from pg_stat_activity
  select pg_catalog.upper(title) from products
  select name from public.settings
  set names 'utf8'
  set search_path to hr
bulk launders-columns
  select count(*) from customers where pg_advisory_lock(phone::bigint) is not null
  select set_config('a.b', current_setting('a.b') || email, false) from customers
  select setval('booking_id', phone::bigint) from customers
bulk forbidden-routine
  select lo_import('/etc/passwd')
  select lo_get(1)
  select pg_read_file('x')
  select query_to_xml('select * from customers', true, true, '')
  select table_to_xml('customers', true, true, '')
  select * from ts_stat('select email::tsvector from customers')
  select * from dblink('', 'select email from customers') as t(e text)
bulk forbidden-relation
  select * from pg_stats
  select * from pg_catalog.pg_statistic
  select chunk_data from pg_toast.pg_toast_16384
unknown unknown-routine
  do $$ begin raise notice '%', (select email from customers limit 1); end $$
  call send_mails()
  select mask_email('x')
  select upper(title) from products
  select title operator(public.||) 'x' from products
bulk gathers-customers
  select email(c) from customers c
  explain analyze select string_agg(email, ',') from customers
unknown cannot-resolve
  select c.mask_email from customers c
  select * from nowhere
  select nothing from customers
pass personal-condition
  explain select * from customers
unknown cannot-parse
  selec * from customers
`,
} as const;
