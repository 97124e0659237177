import type { StartedStation } from "../station/start.ts";
import type { Mailbox } from "./mailbox.ts";
import type { Office } from "./office.ts";
import type { ResultsDatabase } from "./resultsDatabase.ts";

/** The stage on which the acts play: a running station, and what stands before and behind its gates. */
export type Stage = {
  station: StartedStation;
  mailbox: Mailbox;
  /** Where the people who are asked, and the directors, read their mail. */
  deskMailbox: Mailbox;
  gate: { host: string; port: number };
  /** The hosts of 2016 in network namespaces; null where they cannot be made, and then why. */
  office: Office | null;
  noOffice: string | null;
  /** Where recorded connections go instead. */
  zeekFolder: string;
  /** The station's folder, in which an act leaves what can be looked at. */
  folder: string;
  /** The results database behind the records gate; null where it cannot be had, and then why. */
  database: StageDatabase | null;
  noDatabase: string | null;
  tell: (line: string) => void;
};

export type StageDatabase = ResultsDatabase & {
  /** Port of the records gate. */
  port: number;
  /** Keys of the canaries. */
  canaries: string[];
  /** Folder on the server in which new files are looked at. */
  watched: string;
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
