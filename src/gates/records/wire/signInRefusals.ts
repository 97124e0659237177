import { textOfError } from "../../../lib/error.ts";
import type { Refusal } from "./protocol.ts";

/** What a client reads when its connection does not come to be. */

export function malformed(problem: string): Refusal {
  return {
    sqlState: "08P01",
    message: `Sekisho cannot read how this connection begins: ${problem}`,
    hint: "connect with a client of PostgreSQL",
  };
}

export const needsTls: Refusal = {
  sqlState: "28000",
  message: "Sekisho takes connections with TLS only",
  hint: "set sslmode=require",
};

export const noReplication: Refusal = {
  sqlState: "0A000",
  message: "Sekisho lets no replication through: it carries whole tables past any judge",
  hint: "let replicas connect to the server itself, from addresses that pg_hba.conf names",
};

export function wrongPassword(login: string): Refusal {
  return {
    sqlState: "28P01",
    message: `password authentication failed for user "${login}"`,
    hint: "sign in with your own name and the password of the gate / 本人の名前とゲートのパスワードを使ってください",
  };
}

export function cannotConnect(error: unknown): Refusal {
  return {
    sqlState: "08006",
    message: `Sekisho cannot reach the server: ${textOfError(error)}`,
    hint: "see whether PostgreSQL runs, and the gate's settings of it",
  };
}
