import { sql, type Kysely } from "kysely";
import type { AppendedRow } from "../../ledger/append.ts";
import type { Entry } from "../../ledger/entry.ts";
import { actOf } from "../project.ts";
import type { LiveEvent, LiveService, RatePoint } from "../services.ts";

export const limits = { recentMax: 500 } as const;

/** First entries of what passes the records gate. */
const readings: ReadonlySet<string> = new Set([
  "statement-seen",
  "columns-changed",
  "file-seen",
  "watch-seen",
]);

/** What an event is about, so that what was said of it before can stand beside it. */
function matterOf(entry: Entry): string | null {
  const { mail, finding, statement, event } = entry.about;
  return mail ?? finding ?? statement ?? event ?? null;
}

/** Who read what; of a file, who wrote it. */
function readerOf({ about }: Entry): string {
  const { person = "", relations = "", file } = about;
  return [person, file ?? relations.replaceAll(" ", ", ")].filter((side) => side !== "").join(" → ");
}

function subjectOf({ about }: Entry): string {
  return [about["host"], about["destination"]]
    .filter((side) => side !== undefined && side !== "")
    .join(" → ");
}

/** What happens at the gates now: the last events in memory, rates from the state store. */
export class Live implements LiveService {
  readonly #db: Kysely<any>;
  readonly #timeZone: string;
  readonly #recent: LiveEvent[] = [];
  readonly #listeners = new Set<(event: LiveEvent) => void>();
  /** What an earlier entry of the same mail said, until its act comes. */
  readonly #context = new Map<string, { subject: string; reasons: LiveEvent["reasons"] }>();

  constructor(db: Kysely<any>, timeZone: string) {
    this.#db = db;
    this.#timeZone = timeZone;
  }

  /** Takes up the last events of an earlier run. */
  async restore(): Promise<void> {
    const rows = (await this.#db
      .selectFrom("ledger_entry")
      .select(["index", "entry"])
      .orderBy("index", "desc")
      .limit(2_000)
      .execute()) as { index: number; entry: string }[];
    const entries = rows
      .reverse()
      .map((row) => ({ index: Number(row.index), entry: JSON.parse(row.entry) as Entry }));
    this.take(entries);
  }

  take(rows: AppendedRow[]): void {
    for (const row of rows) {
      this.#remember(row.entry);
      const act = actOf(row.entry);
      if (act !== null) this.#emit(this.#eventOf(row, act));
    }
  }

  #remember(entry: Entry): void {
    const matter = matterOf(entry);
    if (matter === null) return;
    const known = this.#context.get(matter) ?? { subject: "", reasons: [] };
    if (entry.code === "traffic-found") known.subject = subjectOf(entry);
    if (entry.code === "outbound-judged") known.reasons = entry.data["reasons"] as LiveEvent["reasons"];
    if (readings.has(entry.code)) known.subject = readerOf(entry);
    if (entry.code === "records-judged") known.reasons = entry.data["reasons"] as LiveEvent["reasons"];
    if (entry.code === "mail-received") known.subject = String(entry.data["senderDomain"] ?? "");
    if (entry.code === "mail-judged") known.reasons = entry.data["reasons"] as LiveEvent["reasons"];
    this.#context.delete(matter);
    this.#context.set(matter, known);
    if (this.#context.size <= 5_000) return;
    const oldest = this.#context.keys().next().value;
    if (oldest !== undefined) this.#context.delete(oldest);
  }

  #eventOf({ index, entry }: AppendedRow, act: LiveEvent["act"]): LiveEvent {
    const mail = entry.about["mail"] ?? null;
    const matter = matterOf(entry);
    const known = matter === null ? undefined : this.#context.get(matter);
    const target = typeof entry.data["target"] === "string" ? entry.data["target"] : "";
    return {
      entryId: entry.id,
      index,
      at: entry.at,
      gate: entry.about["gate"] ?? "mail",
      act,
      subject: known?.subject || target,
      reasons: (known?.reasons ?? []).map(({ code, severity }) => ({ code, severity })),
      mail,
      finding: entry.about["finding"] ?? null,
      reading: entry.about["gate"] === "records" ? matter : null,
    };
  }

  #emit(event: LiveEvent): void {
    this.#recent.push(event);
    if (this.#recent.length > limits.recentMax) this.#recent.shift();
    for (const listener of this.#listeners) listener(event);
  }

  async recent(limit: number): Promise<LiveEvent[]> {
    return this.#recent.slice(-limit).reverse();
  }

  async rates(minutes: number): Promise<RatePoint[]> {
    const now = Math.floor(Temporal.Now.instant().epochMilliseconds / 60_000) * 60_000;
    const since = new Date(now - (minutes - 1) * 60_000);
    const rows = (await this.#db
      .selectFrom("gate_minute")
      .select(["minute", "act", "count"])
      .where("minute", ">=", since.toISOString())
      .execute()) as { minute: Date; act: string; count: number }[];
    const points = Array.from({ length: minutes }, (_, place) => {
      const at = new Date(since.getTime() + place * 60_000).toISOString();
      return { at, passed: 0, held: 0, refused: 0 };
    });
    for (const row of rows) {
      const point = points[Math.round((row.minute.getTime() - since.getTime()) / 60_000)];
      if (point === undefined) continue;
      if (row.act === "pass" || row.act === "strip") point.passed += row.count;
      else if (row.act === "hold") point.held += row.count;
      else if (row.act === "refuse") point.refused += row.count;
    }
    return points;
  }

  async byReason(): Promise<{ code: string; count: number }[]> {
    const zoned = Temporal.Now.instant().toZonedDateTimeISO(this.#timeZone);
    const start = zoned.startOfDay().toInstant().toString();
    const rows = (await this.#db
      .selectFrom("held_mail")
      .select(["reasons", sql<number>`count(*)`.as("count")])
      .where("received_at", ">=", start)
      .groupBy("reasons")
      .execute()) as { reasons: string; count: number }[];
    const counts = new Map<string, number>();
    for (const row of rows) {
      const codes = (JSON.parse(row.reasons) as { code: string }[]).map((reason) => reason.code);
      for (const code of new Set(codes)) counts.set(code, (counts.get(code) ?? 0) + Number(row.count));
    }
    return [...counts]
      .map(([code, count]) => ({ code, count }))
      .sort((one, other) => other.count - one.count);
  }

  subscribe(listener: (event: LiveEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
