import type { StateDatabase } from "../../lib/sql/openState.ts";
import type { Person, Services } from "../services.ts";
import type { Auth, AuthConfig } from "./createAuth.ts";
import type { OneTimeLinks } from "./oneTimeLinks.ts";
import type { People } from "./people.ts";
import type { Limiters } from "./protect.ts";
import type { UsedCodes } from "./usedCodes.ts";

/** What every route has at hand. */
export type Context = {
  services: Services;
  db: StateDatabase;
  auth: Auth;
  people: People;
  links: OneTimeLinks;
  limiters: Limiters;
  usedCodes: UsedCodes;
  config: AuthConfig;
  log(message: string, error?: unknown): void;
};

/** What the middlewares leave for the routes behind them. */
export type Env = {
  Variables: {
    clientAddress: string;
    nonce: string;
    person: Person;
    session: SignedIn;
  };
};
export type SignedIn = { id: string; createdAt: Date; confirmedAt: Date | null };
