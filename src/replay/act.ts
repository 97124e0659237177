import type { StartedStation } from "../station/start.ts";
import type { Mailbox } from "./mailbox.ts";
import type { Office } from "./office.ts";

/** The stage on which the acts play: a running station, and what stands before and behind its gates. */
export type Stage = {
  station: StartedStation;
  mailbox: Mailbox;
  gate: { host: string; port: number };
  /** The hosts of 2016 in network namespaces; null where they cannot be made, and then why. */
  office: Office | null;
  noOffice: string | null;
  /** Where recorded connections go instead. */
  zeekFolder: string;
  tell: (line: string) => void;
};

export type ActResult = {
  act: string;
  ok: boolean;
  seconds: number;
  figures: Record<string, number | string | boolean>;
  /** What did not go as it has to; empty where ok. */
  problems: string[];
};

export type Act = { name: string; title: string; play: (stage: Stage) => Promise<ActResult> };
