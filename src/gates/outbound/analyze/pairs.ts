import type { Duck } from "../record/openDuck.ts";

/** The times between which pairs are scored like RITA: the last day of the data, in whole seconds. */
export type Span = { min: number; max: number };

/** Everything about one pair but its contacts one by one. Times are seconds since 1970, sizes bytes. */
export type PairRow = {
  id: number;
  src: string;
  dst: string;
  ip: string;
  src_side: string;
  dst_side: string;
  proxied: boolean;
  named: boolean;
  no_host: boolean;
  proto: string;
  port: number;
  service: string | null;
  contacts: number;
  answered: number;
  first_at: number;
  last_at: number;
  seconds: number;
  longest: number;
  open: boolean;
  sent: number;
  received: number;
  /** The same within the span, as RITA counts: from the beginning of its first hour; those that ended. */
  span_contacts: number;
  span_open: number;
  span_seconds: number;
  span_bytes: number;
};

const secondMicros = 1_000_000;
const daySeconds = 86_400;

/** Only pairs of one of ours and a stranger; what stays inside, and what only passes by, is left out. */
const worthALook = "(src_side = 'internal') <> (dst_side = 'internal')";

/** The last day, by the clock of the data. Null without a pair worth a look. */
export async function findSpan(duck: Duck): Promise<Span | null> {
  const [row] = await duck.rows<{ first: number | null; last: number | null }>(
    `SELECT min(seen_at) AS first, max(seen_at) AS last FROM contact WHERE ${worthALook}`,
  );
  if (row === undefined || row.first === null || row.last === null) return null;
  const max = Math.floor(row.last / secondMicros);
  return { min: Math.max(Math.floor(row.first / secondMicros), max - daySeconds), max };
}

/**
 * Makes the table `couple` of everybody who met, and of those the table `pair`, with a number for each that
 * can be scored or is worth a look by itself. Details are gathered for these only: most of those who meet
 * meet once or twice.
 */
export async function makePairs(
  duck: Duck,
  options: { span: Span; longSecondsMin: number; bytesMin: number },
): Promise<number> {
  const { longSecondsMin, bytesMin } = options;
  await duck.run(`
    CREATE OR REPLACE TABLE couple AS
    SELECT src, dst, bool_or(src_side = 'internal') AS outwards, count(*) AS contacts,
      count(*) FILTER (orig_bytes > 0 AND resp_bytes > 0) AS answered,
      min(seen_at) AS first_at, max(seen_at) AS last_at,
      sum(duration_us) AS micros, max(duration_us) AS longest, bool_or(open) AS open,
      sum(orig_bytes) AS sent, sum(resp_bytes) AS received
    FROM contact WHERE ${worthALook} GROUP BY src, dst`);
  await duck.run(`
    CREATE OR REPLACE TABLE pair AS
    SELECT (row_number() OVER ())::INTEGER AS id, * FROM couple
    WHERE contacts >= 4 OR open OR micros >= ${longSecondsMin * secondMicros} OR sent >= ${bytesMin}`);
  await duck.run(detailsSql(options.span));
  const [row] = await duck.rows<{ count: number }>("SELECT count(*) AS count FROM pair");
  return row?.count ?? 0;
}

/** What is needed of a pair only when it is looked at. */
function detailsSql(span: Span): string {
  // RITA takes the last day by the hour: what belongs to the hour in which the day begins counts whole.
  const from = `make_timestamp(${Math.floor(span.min / 3_600) * 3_600 * secondMicros})`;
  const lasts = `seen_at + to_microseconds(coalesce(duration_us, 0))`;
  const inSpan = `(seen_at >= ${from} OR (c.open AND ${lasts} >= ${from}))`;
  return `
    CREATE OR REPLACE TABLE detail AS
    SELECT p.id, any_value(c.ip) AS ip, any_value(c.src_side) AS src_side, any_value(c.dst_side) AS dst_side,
      bool_or(c.proxied) AS proxied, bool_or(c.named) AS named, bool_or(c.no_host) AS no_host,
      any_value(c.proto) AS proto, min(c.dst_port) AS port, any_value(c.service) AS service,
      count(*) FILTER (${inSpan} AND NOT c.open) AS span_contacts,
      count(*) FILTER (${inSpan} AND c.open) AS span_open,
      coalesce(sum(c.duration_us) FILTER (${inSpan}), 0)::DOUBLE / 1e6 AS span_seconds,
      coalesce(sum(c.orig_ip_bytes + c.resp_ip_bytes) FILTER (${inSpan}), 0)::DOUBLE AS span_bytes
    FROM contact c JOIN pair p ON p.src = c.src AND p.dst = c.dst GROUP BY p.id`;
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
    SELECT p.id::DOUBLE, epoch_us(c.seen_at)::DOUBLE / 1e6,
      coalesce(c.orig_ip_bytes, c.orig_bytes, -1)::DOUBLE, coalesce(c.dst_port, 0)::DOUBLE
    FROM contact c JOIN pair p ON p.src = c.src AND p.dst = c.dst
    WHERE p.contacts >= 4 AND NOT c.open
    ORDER BY 1, 2`);
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

/** The rows of the table `pair` in the order of their numbers, beside the stream of contacts. */
function pairsInOrder(duck: Duck): {
  upTo(id: number, skip: (row: PairRow) => void): Promise<PairRow>;
  rest(skip: (row: PairRow) => void): Promise<void>;
} {
  const sql = `
    SELECT p.id, p.src, p.dst, p.contacts, p.answered, p.open,
      epoch_us(p.first_at) / 1e6 AS first_at, epoch_us(p.last_at) / 1e6 AS last_at,
      coalesce(p.micros, 0)::DOUBLE / 1e6 AS seconds, coalesce(p.longest, 0)::DOUBLE / 1e6 AS longest,
      coalesce(p.sent, 0)::DOUBLE AS sent, coalesce(p.received, 0)::DOUBLE AS received, d.* EXCLUDE (id)
    FROM pair p JOIN detail d USING (id) ORDER BY p.id`;
  const chunks = duck.stream<PairRow>(sql)[Symbol.asyncIterator]();
  let rows: PairRow[] = [];
  let place = 0;
  const next = async (): Promise<PairRow | null> => {
    while (place === rows.length) {
      const chunk = await chunks.next();
      if (chunk.done === true) return null;
      rows = chunk.value;
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
