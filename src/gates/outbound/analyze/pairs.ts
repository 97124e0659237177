import type { Duck } from "../../../lib/openDuck.ts";

/** The times between which pairs are scored like RITA: the last day of the data, in whole seconds. */
export type Span = { min: number; max: number };

/** Everything about one pair but its contacts one by one. Times are seconds since 1970, sizes bytes. */
export type PairRow = {
  id: number;
  src: string;
  dst: string;
  ip: string;
  outwards: boolean;
  no_host: boolean;
  udp: boolean;
  port: number;
  contacts: number;
  answered: number;
  first_at: number;
  seconds: number;
  longest: number;
  open: boolean;
  sent: number;
  /** The same within the span, as RITA counts: from the beginning of its first hour; those that ended. */
  span_contacts: number;
  span_open: number;
  span_seconds: number;
  span_bytes: number;
};

const secondMicros = 1_000_000;
const daySeconds = 86_400;

/** The last day, by the clock of the data. Null without a pair worth a look. */
export async function findSpan(duck: Duck): Promise<Span | null> {
  const [row] = await duck.rows<{ first: number | null; last: number | null }>(
    `SELECT min("at") AS first, max("at") AS last FROM meeting`,
  );
  if (row === undefined || row.first === null || row.last === null) return null;
  const max = Math.floor(row.last);
  return { min: Math.max(Math.floor(row.first), max - daySeconds), max };
}

/**
 * Makes the table `couple` of everybody who met, and of those the table `pair`, with a number for each that
 * can be scored or is worth a look by itself. Names are put back for these only: most of those who meet
 * meet once or twice.
 */
export async function makePairs(
  duck: Duck,
  options: { span: Span; longSecondsMin: number; bytesMin: number },
): Promise<number> {
  const { span, longSecondsMin, bytesMin } = options;
  await duck.run(`
    CREATE OR REPLACE TABLE couple AS
    SELECT src_id, dst_id, min(ip_id) AS ip_id, bool_or(outwards) AS outwards, min(port) AS port,
      bool_and(udp) AS udp, bool_or(no_host) AS no_host, count(*)::INTEGER AS contacts,
      (count(*) FILTER (sent > 0 AND received > 0))::INTEGER AS answered, min("at") AS first_at,
      sum(micros)::BIGINT AS micros, max(micros) AS longest, bool_or(open) AS open,
      sum(sent)::BIGINT AS sent, ${spanSql(span)}
    FROM meeting GROUP BY src_id, dst_id`);
  await duck.run(`
    CREATE OR REPLACE TABLE pair AS
    SELECT (row_number() OVER ())::INTEGER AS id, s.ip AS src, coalesce(n.name, d.ip) AS dst, i.ip AS ip,
      c.* EXCLUDE (ip_id)
    FROM couple c JOIN address s ON s.id = c.src_id JOIN address i ON i.id = c.ip_id
      LEFT JOIN address d ON d.id = c.dst_id LEFT JOIN named n ON n.id = c.dst_id
    WHERE contacts >= 4 OR open OR micros >= ${longSecondsMin * secondMicros} OR sent >= ${bytesMin}`);
  const [row] = await duck.rows<{ count: number }>("SELECT count(*) AS count FROM pair");
  return row?.count ?? 0;
}

/** The figures within the span. Where the data begins with it, all figures are of the span. */
function spanSql(span: Span): string {
  // RITA takes the last day by the hour: what belongs to the hour in which the day begins counts whole.
  const from = Math.floor(span.min / 3_600) * 3_600;
  const inSpan = `("at" >= ${from} OR (open AND "at" + coalesce(micros, 0) / 1e6 >= ${from}))`;
  return `
    (count(*) FILTER (${inSpan} AND NOT open))::INTEGER AS span_contacts,
    (count(*) FILTER (${inSpan} AND open))::INTEGER AS span_open,
    sum(micros) FILTER (${inSpan})::BIGINT AS span_micros,
    sum(both_bytes) FILTER (${inSpan})::BIGINT AS span_bytes`;
}

/**
 * The contacts of one pair in the order of time; a size that the sensor does not say is -1. The arrays are
 * used again for the next pair.
 */
export type PairContacts = {
  times: Float64Array;
  sizes: Float64Array;
  /** Share of the commonest port of the other side. */
  onePort: number;
};

/** Goes through every pair with its contacts. Memory is that of one pair, whatever their number. */
export async function eachPair(
  duck: Duck,
  visit: (pair: PairRow, contacts: PairContacts) => void,
  onProgress: (pairs: number) => void = () => {},
): Promise<void> {
  const pairs = pairsInOrder(duck);
  const gather = new Gatherer();
  let seen = 0;
  const settle = async (): Promise<void> => {
    if (gather.id === null) return;
    const row = await pairs.upTo(gather.id, (lonely) => visit(lonely, nothing));
    visit(row, gather.take());
    if (++seen % 10_000 === 0) onProgress(seen);
  };
  const result = await duck.connection.stream(`
    SELECT p.id, m."at", m.size, m.port
    FROM meeting m JOIN pair p ON p.src_id = m.src_id AND p.dst_id = m.dst_id
    WHERE p.contacts >= 4 AND NOT m.open
    ORDER BY p.id, m."at"`);
  for (let chunk = await result.fetchChunk(); chunk !== null; chunk = await result.fetchChunk()) {
    const count = chunk.rowCount;
    if (count === 0) break;
    const [ids, times, sizes, ports] = [0, 1, 2, 3].map((column) => chunk.getColumnVector(column));
    for (let row = 0; row < count; row++) {
      const id = ids?.getItem(row) as number;
      if (id !== gather.id) {
        await settle();
        gather.begin(id);
      }
      gather.add(times?.getItem(row) as number, sizes?.getItem(row) as number, ports?.getItem(row) as number);
    }
  }
  await settle();
  await pairs.rest((lonely) => visit(lonely, nothing));
}

const nothing: PairContacts = { times: new Float64Array(), sizes: new Float64Array(), onePort: 1 };

/** Collects the contacts of one pair. */
class Gatherer {
  id: number | null = null;
  #times = new Float64Array(1_024);
  #sizes = new Float64Array(1_024);
  #count = 0;
  readonly #ports = new Map<number, number>();
  #lastPort = -1;
  #lastPortCount = 0;

  begin(id: number): void {
    this.id = id;
    this.#count = 0;
    this.#ports.clear();
    this.#lastPort = -1;
    this.#lastPortCount = 0;
  }

  add(time: number, size: number, port: number): void {
    if (this.#count === this.#times.length) {
      const [times, sizes] = [this.#times, this.#sizes];
      this.#times = new Float64Array(times.length * 2);
      this.#sizes = new Float64Array(sizes.length * 2);
      this.#times.set(times);
      this.#sizes.set(sizes);
    }
    this.#times[this.#count] = time;
    this.#sizes[this.#count] = size;
    this.#count += 1;
    if (port === this.#lastPort) this.#lastPortCount += 1;
    else this.#changePort(port);
  }

  #changePort(port: number): void {
    const [last, count] = [this.#lastPort, this.#lastPortCount];
    // A scan of all ports needs no more than this to be known as one.
    if (count > 0 && (this.#ports.size < 64 || this.#ports.has(last)))
      this.#ports.set(last, (this.#ports.get(last) ?? 0) + count);
    this.#lastPort = port;
    this.#lastPortCount = 1;
  }

  take(): PairContacts {
    this.#changePort(-1);
    const most = Math.max(...this.#ports.values());
    return {
      times: this.#times.subarray(0, this.#count),
      sizes: this.#sizes.subarray(0, this.#count),
      onePort: most / this.#count,
    };
  }
}

const pairsPerBlock = 20_000;

/** The rows of the table `pair` in the order of their numbers, some at a time, beside the stream. */
function pairsInOrder(duck: Duck): {
  upTo(id: number, skip: (row: PairRow) => void): Promise<PairRow>;
  rest(skip: (row: PairRow) => void): Promise<void>;
} {
  let rows: PairRow[] = [];
  let place = 0;
  let from = 1;
  const next = async (): Promise<PairRow | null> => {
    while (place === rows.length) {
      rows = await readBlock(duck, from);
      if (rows.length === 0) return null;
      from += pairsPerBlock;
      place = 0;
    }
    return rows[place++] as PairRow;
  };
  return {
    async upTo(id, skip) {
      for (let row = await next(); row !== null; row = await next()) {
        if (row.id === id) return row;
        skip(row);
      }
      throw new Error(`pair ${id} is not in the table`);
    },
    async rest(skip) {
      for (let row = await next(); row !== null; row = await next()) skip(row);
    },
  };
}

async function readBlock(duck: Duck, from: number): Promise<PairRow[]> {
  const rows: PairRow[] = [];
  const sql = `
    SELECT id, src, dst, ip, outwards, no_host, udp, port::INTEGER AS port, contacts, answered, first_at,
      open,
      coalesce(micros, 0) / 1e6 AS seconds, coalesce(longest, 0) / 1e6 AS longest,
      coalesce(sent, 0)::DOUBLE AS sent, span_contacts, span_open,
      coalesce(span_micros, 0) / 1e6 AS span_seconds, coalesce(span_bytes, 0)::DOUBLE AS span_bytes
    FROM pair WHERE id BETWEEN ${from} AND ${from + pairsPerBlock - 1} ORDER BY id`;
  // By a connection of its own: another statement would cut the stream of contacts short.
  for await (const some of duck.stream<PairRow>(sql)) rows.push(...some);
  return rows;
}
