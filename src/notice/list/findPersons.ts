import { sql } from "kysely";
import { sealContext, type Campaign, type NoticeRoom, type NoticeState } from "../store/campaign.ts";
import type { KeyKind } from "../store/campaignKeys.ts";
import {
  foldCustomer,
  foldEmail,
  foldNameAndBirth,
  foldPhone,
  readPerson,
  type ListedPerson,
} from "./person.ts";

export type FoundPerson = {
  number: number;
  person: ListedPerson;
  state: NoticeState;
  step: number;
  at: Date | null;
};

export type Proof =
  | { kind: Exclude<KeyKind, "name-birth">; value: string }
  | { kind: "name-birth"; name: string; birth: string };

/** More than a family at one address: then the caller has to say more. */
const foundMax = 20;
/** In all campaigns together. By the key first, whatever the store believes of a table just filled. */
const keysMax = 1_000;

/** Persons of a campaign by what a caller can prove. The caller of this function writes the look down. */
export async function findPersons(
  room: Pick<NoticeRoom, "db">,
  campaign: Campaign,
  proof: Proof,
): Promise<FoundPerson[]> {
  const hash = campaign.keys.indexOf(proof.kind, valueOf(proof));
  const { rows } = await sql<{
    number: number;
    person: string;
    sealed: Uint8Array;
    state: NoticeState;
    step: number;
    at: Date | null;
  }>`select p.number, p.person, p.sealed, s.state, s.step, s.at
    from notice_person p join notice_send s on s.number = p.number
    where p.number = any (array(
      select number from notice_key where hash = ${hash}::bigint limit ${keysMax}))
      and p.campaign = ${campaign.id} and s.seed = 0
    limit ${foundMax}`.execute(room.db);
  return rows.map(({ number, person, sealed, state, step, at }) => ({
    ...{ number, state, step, at },
    person: readPerson(campaign.keys.open(sealed, sealContext(campaign, person))),
  }));
}

function valueOf(proof: Proof): string {
  switch (proof.kind) {
    case "email":
      return foldEmail(proof.value);
    case "phone":
      return foldPhone(proof.value);
    case "customer":
      return foldCustomer(proof.value);
    case "name-birth":
      return foldNameAndBirth(proof.name, proof.birth);
  }
}
