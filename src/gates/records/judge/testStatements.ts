/** Random statements over the test catalog: for the test that compares verdicts with PostgreSQL. */

type Type = "int" | "text";
type Column = { name: string; type: Type; key?: boolean };
type Item = { alias: string; columns: readonly Column[]; table: string | null };
type Level = { items: Item[]; outer: Level | null };
type Query = { sql: string; columns: Column[] };
type Cte = { name: string; columns: readonly Column[] };

const int = (name: string): Column => ({ name, type: "int" });
const text = (name: string): Column => ({ name, type: "text" });
/** A column that carries customers' keys: conditions and targets take it more often. */
const key = (name: string): Column => ({ name, type: "int", key: true });

const tables: Readonly<Record<string, readonly Column[]>> = {
  customers: [key("id"), text("name"), text("email"), text("phone"), text("note")],
  bookings: [int("id"), key("customer_id"), text("passport_no"), text("product")],
  products: [text("code"), text("title"), int("price")],
  mail_log: [int("id"), text("address")],
  companions: [key("customer_id"), key("companion_id"), text("remark")],
  v_customers: [key("id"), text("e")],
  v_names: [key("number"), text("label")],
};

/** The SQL that makes the tables, with the customer's number in every personal cell: "u17x". */
export const testDataSql = `
create table customers (id int8 primary key, name text, kana text, roman_name text, birth_date date,
  email text, phone text, postal_code text, address text, passport_no text, note text,
  created_at timestamptz);
insert into customers select i, 'n u'||i||'x', 'k u'||i||'x', 'r u'||i||'x', null, 'e u'||i||'x',
  'p u'||i||'x', 'z u'||i||'x', 'a u'||i||'x', 's u'||i||'x', case when i % 3 > 0 then 'o u'||i||'x' end,
  now() from generate_series(1, 5) i;
create table bookings (id int8, customer_id int8, passport_no text, product text, price int4,
  booked_at timestamptz);
insert into bookings select i, i % 4, 's u'||(i % 4)||'x', 'tour'||i % 2, i * 10, now()
  from generate_series(1, 5) i where i % 4 > 0;
insert into bookings select 20 + i, null, 's u'||(900 + i)||'x', 'tour'||i % 2, i, now()
  from generate_series(1, 2) i;
create table products (code text, title text, price int4);
insert into products select 'tour'||i, 'title'||i, i from generate_series(0, 1) i;
create table mail_log (id int8, address text, sent_at timestamptz);
insert into mail_log select i, 'e u'||i||'x', now() from generate_series(1, 3) i;
create table companions (customer_id int8, companion_id int8, remark text);
insert into companions select i, i + 1, 'm u'||i||'x u'||(i + 1)||'x' from generate_series(1, 3) i;
create view v_customers as select id, email as e, created_at from customers;
create view v_names as select v.id as number, c.name as label
  from v_customers v join customers c on c.id = v.id;
`;

/** A generator of statements from a source of numbers in [0, 1). */
export class StatementMaker {
  readonly #random: () => number;
  #names = 0;
  #ctes: Cte[] = [];

  constructor(random: () => number) {
    this.#random = random;
  }

  #pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.#random() * list.length)] as T;
  }

  #chance(share: number): boolean {
    return this.#random() < share;
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  #name(prefix: string): string {
    this.#names += 1;
    return `${prefix}${this.#names}`;
  }

  statement(): string {
    this.#names = 0;
    this.#ctes = [];
    if (this.#chance(0.06)) return this.#write();
    if (!this.#chance(0.25)) return this.query(null, 3).sql;
    return this.#withCtes();
  }

  #withCtes(): string {
    const parts: string[] = [];
    let recursive = false;
    for (let count = 1 + this.#below(2); count > 0; count -= 1) {
      const name = this.#name("w");
      if (this.#chance(0.3)) {
        recursive = true;
        const { sql, columns } = this.#recursion(name);
        parts.push(sql);
        this.#ctes.push({ name, columns });
        continue;
      }
      const query = this.#chance(0.1) ? this.#returning() : this.query(null, 2);
      parts.push(`${name} as (${query.sql})`);
      if (query.columns.length > 0) this.#ctes.push({ name, columns: query.columns });
    }
    return `with ${recursive ? "recursive " : ""}${parts.join(", ")} ${this.query(null, 2).sql}`;
  }

  #recursion(name: string): Query {
    const base = this.query(null, 1, this.#types());
    const columns = base.columns.map((column, place) => ({ ...column, name: `c${place}` }));
    const level: Level = { items: [{ alias: "r", columns, table: null }], outer: null };
    const other = this.#chance(0.7) ? this.#item(level, 1) : null;
    if (other !== null) level.items.push(other.item);
    const targets = columns.map((column) =>
      this.#chance(0.5)
        ? `r.${this.#pick(columns.filter((one) => one.type === column.type)).name}`
        : this.#expression(level, column.type, 1),
    );
    const from = other === null ? `${name} r` : `${name} r, ${other.sql}`;
    const where = `r.step < 2 and ${this.#condition(level, 1)}`;
    const casts = targets.map((target, place) =>
      columns[place]?.type === "int" ? `(${target})::int8` : target,
    );
    const step = `select ${casts.join(", ")}, r.step + 1 from ${from} where ${where}`;
    const list = columns.map((column) => column.name).join(", ");
    const first = columns.map(({ name: one, type }) => (type === "int" ? `${one}::int8` : one)).join(", ");
    const names = [...columns.map((column) => column.name), "step"].join(", ");
    const sql = `${name}(${names}) as (select ${first}, 0 from (${base.sql})
      b(${list}) union ${this.#chance(0.5) ? "all " : ""}${step})`;
    return { sql, columns: [...columns, int("step")] };
  }

  #types(): Type[] {
    if (this.#chance(0.5)) return this.#chance(0.5) ? ["int", "text"] : ["int", "text", "text"];
    return Array.from({ length: 1 + this.#below(3) }, () => this.#pick<Type>(["int", "text"]));
  }

  /** A query, with columns of the types that are asked for, or any. */
  query(outer: Level | null, depth: number, types?: readonly Type[]): Query {
    if (depth > 0 && this.#chance(0.15)) return this.#union(outer, depth, types ?? this.#types());
    return this.#select(outer, depth, types);
  }

  #union(outer: Level | null, depth: number, types: readonly Type[]): Query {
    const [one, other] = [this.query(outer, depth - 1, types), this.query(outer, depth - 1, types)];
    const operator = this.#pick(["union", "union all", "union all", "intersect", "except"]);
    return { sql: `(${one.sql}) ${operator} (${other.sql})`, columns: one.columns };
  }

  #select(outer: Level | null, depth: number, types?: readonly Type[]): Query {
    const level: Level = { items: [], outer };
    const from = this.#from(level, depth);
    const where = this.#chance(0.6) ? ` where ${this.#condition(level, depth)}` : "";
    const style = this.#random();
    if (style < 0.18) return this.#grouped(level, depth, { from, where, types });
    const columns: Column[] = [];
    const targets: string[] = [];
    if (types === undefined && style < 0.35) {
      const item = this.#pick(level.items);
      targets.push(`${item.alias}.*`);
      columns.push(...item.columns);
    }
    const wanted = types ?? (targets.length > 0 && this.#chance(0.6) ? [] : this.#types());
    for (const type of wanted) {
      const name = this.#name("o");
      const value = this.#chance(0.7) ? this.#column(level, type) : this.#expression(level, type, depth);
      targets.push(`${value} as ${name}`);
      columns.push({ name, type, key: this.#isKey(level, value) });
    }
    const distinct = this.#chance(0.08) ? "distinct " : "";
    const tail = this.#chance(0.15) ? ` limit ${1 + this.#below(5)}` : "";
    return { sql: `select ${distinct}${targets.join(", ")} from ${from}${where}${tail}`, columns };
  }

  #grouped(
    level: Level,
    depth: number,
    given: { from: string; where: string; types: readonly Type[] | undefined },
  ): Query {
    const keys = Array.from({ length: 1 + this.#below(2) }, () =>
      this.#column(level, this.#pick<Type>(["int", "int", "int", "text"])),
    );
    const columns: Column[] = [];
    const targets: string[] = [];
    for (const type of given.types ?? this.#types()) {
      const name = this.#name("o");
      const fitting = keys.filter((key) => this.#typeOf(level, key) === type);
      const key =
        fitting.length > 0 && this.#chance(0.5) ? this.#pick(fitting) : this.#aggregate(level, type, depth);
      targets.push(`${key} as ${name}`);
      columns.push({ name, type });
    }
    const groups = this.#chance(0.15) ? `rollup (${keys.join(", ")})` : keys.join(", ");
    const having = this.#chance(0.1) ? ` having ${this.#aggregate(level, "int", depth)} > 0` : "";
    return {
      sql: `select ${targets.join(", ")} from ${given.from}${given.where} group by ${groups}${having}`,
      columns,
    };
  }

  #isKey(level: Level | null, value: string): boolean {
    for (let at = level; at !== null; at = at.outer) {
      const found = at.items.some((item) =>
        item.columns.some((column) => column.key === true && `${item.alias}.${column.name}` === value),
      );
      if (found) return true;
    }
    return false;
  }

  #typeOf(level: Level, name: string): Type | null {
    for (const item of level.items) {
      for (const column of item.columns) if (`${item.alias}.${column.name}` === name) return column.type;
    }
    return null;
  }

  #from(level: Level, depth: number): string {
    const first = this.#item(level, depth);
    level.items.push(first.item);
    let sql = first.sql;
    for (let count = this.#below(depth > 1 ? 3 : 2); count > 0; count -= 1) {
      const { item, sql: next } = this.#item(level, depth);
      const kind = this.#pick(["join", "join", "left join", "right join", "full join", ",", "cross join"]);
      // What LATERAL looks at must not be able to be missing.
      const lateral = next.startsWith("lateral");
      const used = lateral && !["join", "left join", ",", "cross join"].includes(kind) ? "left join" : kind;
      const common = item.columns.find(
        (column) =>
          level.items.filter((one) => one.columns.some((other) => other.name === column.name)).length === 1 &&
          level.items.some((one) =>
            one.columns.some((other) => other.name === column.name && other.type === column.type),
          ),
      );
      level.items.push(item);
      if (used === "," || used === "cross join") sql = `${sql} cross join ${next}`;
      else if (common !== undefined && this.#chance(0.15))
        sql = `${sql} ${used} ${next} using (${common.name})`;
      else {
        const free = used === "full join" ? this.#equality(level) : this.#condition(level, 0);
        sql = `${sql} ${used} ${next} on ${free}`;
      }
    }
    return sql;
  }

  #item(level: Level, depth: number): { item: Item; sql: string } {
    const alias = this.#name("t");
    const style = this.#random();
    if (depth > 0 && style < 0.22) {
      const lateral = level.items.length > 0 && this.#chance(0.5);
      const outer = lateral ? level : level.outer;
      const query = this.query(outer, depth - 1);
      const columns = query.columns.map((column, place) => ({ ...column, name: `c${place}` }));
      const names = columns.map((column) => column.name).join(", ");
      return {
        item: { alias, columns, table: null },
        sql: `${lateral ? "lateral " : ""}(${query.sql}) ${alias}(${names})`,
      };
    }
    if (style < 0.27) {
      return { item: { alias, columns: [int("n")], table: null }, sql: `generate_series(1, 3) ${alias}(n)` };
    }
    if (style < 0.31) {
      const columns = [int("v"), text("w")];
      return { item: { alias, columns, table: null }, sql: `(values (1, 'tour1'), (2, 'x')) ${alias}(v, w)` };
    }
    if (this.#ctes.length > 0 && style < 0.6) {
      const cte = this.#pick(this.#ctes);
      return { item: { alias, columns: cte.columns, table: cte.name }, sql: `${cte.name} ${alias}` };
    }
    const often = ["customers", "customers", "customers", "bookings", "bookings", "bookings"];
    const names = [...often, ...often, ...Object.keys(tables)];
    const table = this.#pick(names);
    return { item: { alias, columns: tables[table] as readonly Column[], table }, sql: `${table} ${alias}` };
  }

  /** A column of the level, or, at times, of a level outside. */
  #column(level: Level, type: Type): string {
    const wanted = (column: Column, keys: boolean): boolean =>
      column.type === type && (!keys || column.key === true);
    const keys = type === "int" && this.#chance(0.75);
    const levels: Level[] = [level];
    if (level.outer !== null && level.outer.items.length > 0 && this.#chance(0.25))
      levels.unshift(level.outer);
    for (const one of [...levels, ...levels]) {
      const found = one.items.flatMap((item) =>
        item.columns
          .filter((column) => wanted(column, keys && one === levels[0]))
          .map((column) => `${item.alias}.${column.name}`),
      );
      if (found.length > 0) return this.#pick(found);
    }
    return type === "int" ? "1" : "'x'";
  }

  #expression(level: Level, type: Type, depth: number): string {
    const column = (of: Type = type): string => this.#column(level, of);
    const choices: (() => string)[] =
      type === "int"
        ? [
            () => column(),
            () => `(${column()} + ${column()})`,
            () => `coalesce(${column()}, ${column()})`,
            () => `(case when ${this.#condition(level, 0)} then ${column()} else ${column()} end)`,
            () => `length(${column("text")})`,
            () => `row_number() over (order by ${column()})`,
            () => `lag(${column()}) over (order by ${column()})`,
          ]
        : [
            () => column(),
            () => `(${column()} || ${column()})`,
            () => `coalesce(${column()}, ${column()})`,
            () => `lower(${column()})`,
            () => `concat(${column()}, ${column("int")})`,
            () => `${column("int")}::text`,
            () => `(case when ${this.#condition(level, 0)} then ${column()} else ${column()} end)`,
            () => `lag(${column()}) over (order by ${column("int")})`,
            () => `first_value(${column()}) over (partition by ${column("int")} order by ${column("int")})`,
            () => `max(${column()}) over ()`,
            () => `string_agg(${column()}, ',') over (partition by ${column("int")})`,
            () => `${this.#pick(level.items).alias}::text`,
            () => `to_jsonb(${this.#pick(level.items).alias})::text`,
            () => `row(${column()}, ${column("int")})::text`,
            () => `array[${column()}, ${column()}]::text`,
            () => `format('%s-%s', ${column()}, ${column()})`,
          ];
    if (depth > 0) {
      choices.push(
        () => `(${this.query(level, depth - 1, [type]).sql} limit 1)`.replace(/limit \d+ limit 1/, "limit 1"),
        () => `(select ${this.#aggregateOf(level, type, depth)})`,
      );
      if (type === "text") choices.push(() => `array(${this.query(level, depth - 1, ["text"]).sql})::text`);
    }
    return this.#pick(choices)();
  }

  #aggregateOf(outer: Level, type: Type, depth: number): string {
    const level: Level = { items: [], outer };
    const from = this.#from(level, depth - 1);
    return `${this.#aggregate(level, type, 0)} from ${from} where ${this.#condition(level, 0)}`;
  }

  #aggregate(level: Level, type: Type, depth: number): string {
    const filter = this.#chance(0.15) ? ` filter (where ${this.#condition(level, 0)})` : "";
    if (type === "int") {
      const inner = this.#column(level, "int");
      return this.#pick([
        `count(*)${filter}`,
        `max(${inner})${filter}`,
        `sum(${inner})::int8`,
        `count(distinct ${inner})`,
        `min(${inner})`,
      ]);
    }
    const value =
      this.#chance(0.7) || depth === 0
        ? this.#column(level, "text")
        : `lower(${this.#column(level, "text")})`;
    return this.#pick([
      `min(${value})${filter}`,
      `max(${value})${filter}`,
      `string_agg(${value}, ',')${filter}`,
      `array_agg(${value})::text`,
      `jsonb_agg(${value})::text`,
      `mode() within group (order by ${value})`,
      `percentile_disc(0.5) within group (order by ${value})`,
      `string_agg(distinct ${value}, '-')`,
    ]);
  }

  #equality(level: Level): string {
    const own = { ...level, outer: null };
    return `${this.#column(own, "int")} = ${this.#column(own, "int")}`;
  }

  #condition(level: Level, depth: number): string {
    const style = this.#random();
    if (style < 0.5) return `${this.#column(level, "int")} = ${this.#column(level, "int")}`;
    if (style < 0.58) return `${this.#condition(level, 0)} and ${this.#condition(level, 0)}`;
    if (style < 0.62) return `(${this.#condition(level, 0)} or ${this.#condition(level, 0)})`;
    if (style < 0.66) return `${this.#column(level, "text")} like '%${this.#below(6)}%'`;
    if (style < 0.7) return `${this.#column(level, "text")} = ${this.#column(level, "text")}`;
    if (style < 0.74) return `${this.#column(level, "int")} is not null`;
    if (style < 0.78) return `${this.#column(level, "int")} < ${this.#below(6)}`;
    if (style < 0.8) return "true";
    if (style < 0.82) return "false";
    if (depth > 0 && style < 0.9) return `exists (${this.query(level, depth - 1).sql})`;
    if (depth > 0) return `${this.#column(level, "int")} in (${this.query(level, depth - 1, ["int"]).sql})`;
    return `${this.#column(level, "int")} = ${this.#below(6)}`;
  }

  #write(): string {
    return this.#returning().sql;
  }

  /** A statement that writes and returns what it wrote. */
  #returning(): Query {
    const item: Item = {
      alias: "target",
      columns: tables["bookings"] as readonly Column[],
      table: "bookings",
    };
    const level: Level = { items: [item], outer: null };
    const kind = this.#pick(["update", "delete", "insert"]);
    if (kind === "insert") {
      const sql = "insert into bookings as target (id, customer_id, passport_no) values (50, 3, 'mine')";
      return {
        sql: `${sql} returning id, customer_id, passport_no`,
        columns: [int("id"), int("customer_id"), text("passport_no")],
      };
    }
    const other = this.#item(level, 0);
    level.items.push(other.item);
    const columns = [int(this.#name("o")), text(this.#name("o"))];
    const shown = columns.map(({ name, type }) => `${this.#column(level, type)} as ${name}`).join(", ");
    const where = `where ${this.#condition(level, 0)} returning ${shown}`;
    if (kind === "delete")
      return { sql: `delete from bookings as target using ${other.sql} ${where}`, columns };
    const [set] = [
      this.#pick([
        "product = 'x'",
        "passport_no = lower(target.passport_no)",
        `passport_no = ${this.#column(level, "text")}`,
      ]),
    ];
    return { sql: `update bookings as target set ${set} from ${other.sql} ${where}`, columns };
  }
}
