import type { StartedStation } from "../station/start.ts";
import type { Mailbox } from "./mailbox.ts";

/** The stage on which the acts play: a running station and the mailbox behind its mail gate. */
export type Stage = {
  station: StartedStation;
  mailbox: Mailbox;
  gate: { host: string; port: number };
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
