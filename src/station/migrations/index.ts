import type { Migration } from "../../lib/sql/migrate.ts";
import { signIn } from "./0001-sign-in.ts";
import { ledgerIndex } from "./0002-ledger-index.ts";
import { decisions } from "./0003-decisions.ts";
import { outbound } from "./0004-outbound.ts";
import { records } from "./0005-records.ts";
import { incidents } from "./0006-incidents.ts";
import { notices } from "./0007-notices.ts";
import { room } from "./0008-room.ts";

/** Every step of the state store's tables, oldest first. A released step is never changed. */
export const migrations: readonly Migration[] = [
  signIn,
  ledgerIndex,
  decisions,
  outbound,
  records,
  incidents,
  notices,
  room,
];
