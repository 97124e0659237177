import { randomBytes } from "node:crypto";
import type { Kysely } from "kysely";
import type { Entry, EntryDraft } from "../../ledger/entry.ts";
import type { EvidenceStore } from "../../ledger/evidence.ts";
import type { Keyring } from "../../ledger/keyring.ts";
import { SekishoError } from "../../lib/error.ts";
import { CampaignKeys } from "./campaignKeys.ts";

/** Where a campaign is: see docs/notices.md. */
export const CAMPAIGN_STATES = ["open", "released", "sending", "paused", "stopped"] as const;
export type CampaignState = (typeof CAMPAIGN_STATES)[number];

/** Where one person's notice is. */
export const NOTICE_STATES = [
  "waiting",
  "queued",
  "leased",
  "handing",
  "sent",
  "doubt",
  "letter",
  "lettered",
  "substitute",
  "withheld",
] as const;
export type NoticeState = (typeof NOTICE_STATES)[number];

/** The ledger as notices need it: `append` is on the medium with its place when it resolves. */
export type NoticeLedger = {
  append(entry: Entry): Promise<number>;
  /** An entry by place and id, or null where it is not there. */
  read(place: number, id: string): Promise<Entry | null>;
};

/** An entry with its place in the ledger. */
export type Recorded = { entry: Entry; place: number };

/** What every part of the notices works with. */
export type NoticeRoom = {
  db: Kysely<any>;
  keyring: Keyring;
  evidence: EvidenceStore;
  ledger: NoticeLedger;
  /** Writes an entry of a draft; it is on the medium when this resolves. */
  record(draft: EntryDraft): Promise<Recorded>;
  now(): Temporal.Instant;
  /** For journals and control files; on a disk of this machine. */
  folder: string;
};

export type Campaign = {
  id: number;
  name: string;
  state: CampaignState;
  /** Grows with each import that changed something: a release is for one list. */
  list: number;
  textVersion: string | null;
  releaseEntry: string | null;
  keys: CampaignKeys;
};

type Row = {
  id: number;
  name: string;
  state: CampaignState;
  wrapped_key: string;
  list: number;
  text_version: string | null;
  release_entry: string | null;
};

export async function findCampaign(room: NoticeRoom, name: string): Promise<Campaign | null> {
  const query = room.db.selectFrom("notice_campaign").selectAll().where("name", "=", name);
  const row = (await query.executeTakeFirst()) as Row | undefined;
  if (row === undefined) return null;
  const secret = room.keyring.unwrap(JSON.parse(row.wrapped_key), contextOf(name));
  return {
    id: row.id,
    name: row.name,
    state: row.state,
    list: row.list,
    textVersion: row.text_version,
    releaseEntry: row.release_entry,
    keys: new CampaignKeys(secret),
  };
}

/** Throws not-found where nobody has made this campaign. */
export async function getCampaign(room: NoticeRoom, name: string): Promise<Campaign> {
  const campaign = await findCampaign(room, name);
  if (campaign !== null) return campaign;
  const known = (await room.db.selectFrom("notice_campaign").select("name").limit(20).execute()) as {
    name: string;
  }[];
  throw new SekishoError("not-found", `Cannot find the campaign "${name}"`, {
    hint:
      known.length === 0
        ? "make one by importing a list: sekisho notice import FILE"
        : `there are: ${known.map((one) => one.name).join(", ")}; name one with --campaign`,
  });
}

/** The campaign of this name, made where there is none. */
export async function takeCampaign(room: NoticeRoom, name: string): Promise<Campaign> {
  if (!/^[a-z0-9][a-z0-9-]{0,39}$/.test(name)) {
    throw new SekishoError("usage", `Cannot name a campaign "${name}"`, {
      hint: "use at most 40 lower-case letters, digits and hyphens",
    });
  }
  const wrapped = room.keyring.wrap(randomBytes(32), contextOf(name));
  await room.db
    .insertInto("notice_campaign")
    .values({
      name,
      created_at: room.now().toString(),
      state: "open",
      wrapped_key: JSON.stringify(wrapped),
    })
    .onConflict((conflict) => conflict.column("name").doNothing())
    .execute();
  return getCampaign(room, name);
}

export async function setCampaign(
  room: Pick<NoticeRoom, "db">,
  campaign: Pick<Campaign, "id">,
  change: {
    state?: CampaignState;
    list?: number;
    text_version?: string | null;
    release_entry?: string | null;
  },
): Promise<void> {
  await room.db.updateTable("notice_campaign").set(change).where("id", "=", campaign.id).execute();
}

const contextOf = (name: string): string => `notice campaign ${name}`;

/** The context under which a person's row is sealed: rows cannot be swapped. */
export const sealContext = (campaign: Pick<Campaign, "name">, person: string): string =>
  `${campaign.name} ${person}`;
