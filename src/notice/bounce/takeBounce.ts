import { hash } from "node:crypto";
import { sql } from "kysely";
import { isOwnMark } from "../compose/returnPath.ts";
import { laneOf } from "../list/importList.ts";
import { stepAfter } from "../list/listRow.ts";
import { mailboxOf, readPerson } from "../list/person.ts";
import { findCampaign, sealContext, type Campaign, type NoticeRoom } from "../store/campaign.ts";
import { readBounce, type Bounce } from "./readBounce.ts";

/** What became of a mail to a return address. */
export type TakenBounce = {
  /** hard, soft, delayed, reply, unreadable as read; unassigned: nobody's; forged: its mark is not ours. */
  kind: Bounce["kind"] | "unassigned" | "forged" | "again";
  status: string;
  way: Bounce["way"];
};

type Row = {
  number: number;
  person: string;
  sealed: Uint8Array;
  state: string;
  step: number;
  seed: number;
  bounced: number;
};

/** Bounces that are taken together: one object of evidence, one entry of the ledger. */
export const limits = { batchMails: 200, batchBytes: 8 * 1024 ** 2 } as const;

export type BounceMail = { bytes: Uint8Array; envelopeRecipient: string | null };

type Judged = {
  own: string;
  bounce: Bounce;
  kind: TakenBounce["kind"];
  campaign: Campaign | null;
  mark: { number: number; step: number } | null;
};

/**
 * Takes mails that came to return addresses. Each is kept as evidence, counted once, and moves its person on:
 * hard to the next channel; soft to one more try later, then to the next channel. Without our mark a bounce
 * moves nobody.
 */
export class BounceTaker {
  readonly #room: NoticeRoom;
  readonly #softHours: number;
  readonly #campaigns = new Map<number, Campaign>();

  constructor(room: NoticeRoom, options: { softBounceHours: number }) {
    this.#room = room;
    this.#softHours = options.softBounceHours;
  }

  /** At most `limits.batchMails` mails; what is told of each has happened when this resolves. */
  async take(mails: readonly BounceMail[]): Promise<TakenBounce[]> {
    const judged: Judged[] = [];
    for (const mail of mails) judged.push(await this.#judge(mail));
    const known = await this.#known(judged.map(({ own }) => own));
    for (const one of judged) {
      if (known.has(one.own)) one.kind = "again";
      known.add(one.own);
    }
    const fresh = judged.filter(({ kind }) => kind !== "again");
    if (fresh.length > 0) {
      const kept = mails.filter((_, at) => judged[at]?.kind !== "again");
      const evidence = await this.#record(fresh, kept);
      for (const one of fresh) await this.#moveOn(one);
      await this.#note(fresh, evidence);
    }
    return judged.map(({ kind, bounce: { status, way } }) => ({ kind, status, way }));
  }

  async #judge({ bytes, envelopeRecipient }: BounceMail): Promise<Judged> {
    const bounce = await readBounce(bytes, envelopeRecipient);
    const { campaign, mark } = await this.#ownerOf(bounce);
    const kind = campaign !== null ? bounce.kind : bounce.marks.length > 0 ? "forged" : "unassigned";
    return { own: hash("sha256", bytes), bounce, kind, campaign, mark };
  }

  /** The first mark that is ours. */
  async #ownerOf(
    bounce: Bounce,
  ): Promise<{ campaign: Campaign | null; mark: { number: number; step: number } | null }> {
    for (const mark of bounce.marks) {
      const campaign = await this.#campaignOf(mark.campaign);
      if (campaign !== null && isOwnMark(mark, campaign.keys)) return { campaign, mark };
    }
    return { campaign: null, mark: null };
  }

  async #campaignOf(id: number): Promise<Campaign | null> {
    const known = this.#campaigns.get(id);
    if (known !== undefined) return known;
    if (!Number.isSafeInteger(id) || id > 2 ** 31 - 1) return null;
    const row = (await this.#room.db
      .selectFrom("notice_campaign")
      .select("name")
      .where("id", "=", id)
      .executeTakeFirst()) as { name: string } | undefined;
    const campaign = row === undefined ? null : await findCampaign(this.#room, row.name);
    // Invented campaigns are not remembered, so that they cannot fill the memory.
    if (campaign !== null) this.#campaigns.set(id, campaign);
    return campaign;
  }

  async #known(hashes: readonly string[]): Promise<Set<string>> {
    const rows = (await this.#room.db
      .selectFrom("notice_bounce")
      .select("hash")
      .where("hash", "in", [...hashes])
      .execute()) as { hash: string }[];
    return new Set(rows.map((row) => row.hash));
  }

  /** On record before anybody is moved on. */
  async #record(judged: readonly Judged[], mails: readonly BounceMail[]): Promise<string> {
    const lines = mails.map(({ bytes }) => `${Buffer.from(bytes).toString("base64")}\n`);
    const evidence = await this.#room.evidence.put(Buffer.from(lines.join("")));
    await this.#room.record({
      kind: "observed",
      code: "notice-bounces",
      evidence: [evidence],
      data: {
        columns: ["campaign", "number", "step", "kind", "status", "way"],
        rows: judged.map(({ campaign, mark, kind, bounce }) => [
          ...[campaign?.name ?? null, mark?.number ?? null, mark?.step ?? null],
          ...[kind, bounce.status, bounce.way],
        ]),
      },
    });
    return evidence;
  }

  /** Last: after a stop in between, the same mail is taken again, and moves nobody who has moved. */
  async #note(judged: readonly Judged[], evidence: string): Promise<void> {
    const at = this.#room.now().toString();
    await this.#room.db
      .insertInto("notice_bounce")
      .values(
        judged.map(({ own, campaign, mark, kind, bounce: { status, way } }) => ({
          ...{ campaign: campaign?.id ?? 0, hash: own, number: mark?.number ?? null },
          ...{ kind, status, way, at, evidence },
        })),
      )
      .onConflict((conflict) => conflict.columns(["campaign", "hash"]).doNothing())
      .execute();
  }

  /** Only where the mail that bounced is the last one of this person. */
  async #moveOn({ campaign, mark, kind, bounce: { status } }: Judged): Promise<void> {
    if (campaign === null || mark === null || (kind !== "hard" && kind !== "soft")) return;
    const { number, step } = mark;
    const { rows } = await sql<Row>`
      select s.number, p.person, p.sealed, s.state, s.step, s.seed,
        (select count(*)::integer from notice_try t where t.number = s.number and t.step = s.step
          and t.outcome = 'bounced') as bounced
      from notice_send s join notice_person p using (number)
      where s.campaign = ${campaign.id} and s.number = ${number} and s.step = ${step}
        and s.state in ('sent', 'doubt')`.execute(this.#room.db);
    const [row] = rows;
    if (row === undefined || row.seed > 0) return;
    const person = readPerson(campaign.keys.open(row.sealed, sealContext(campaign, row.person)));
    const again = kind === "soft" && row.bounced === 0;
    const after = again ? { step, state: "queued" } : stepAfter(person, step);
    const email = person.emails[after.step - 1];
    const domain = email === undefined ? "" : (mailboxOf(email)?.domain ?? "");
    const lane = laneOf(campaign.keys.indexOf("domain", domain));
    const now = this.#room.now();
    const next = again ? now.add({ minutes: Math.round(this.#softHours * 60) }) : now;
    await sql`
      with before as (
        select number, step, at, hash, batch from notice_send where number = ${number}
          and step = ${step} and state in ('sent', 'doubt')),
      tried as (
        insert into notice_try (number, campaign, step, outcome, status, answer, at, hash, batch)
        select number, ${campaign.id}, step, 'bounced', ${status}, '', coalesce(at, ${now.toString()}), hash,
          batch from before)
      update notice_send s set state = ${after.state}, step = ${after.step}, lane = ${lane}, attempts = 0,
        next_at = ${next.toString()}::timestamptz, batch = null, hash = null, at = null, answer = null
      from before where s.number = before.number`.execute(this.#room.db);
  }
}
