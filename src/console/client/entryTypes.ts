import type { LedgerRow } from "../../station/services.ts";

/** An entry as the station gives it. */
export type Entry = LedgerRow["entry"];
/** One of the four steps: observed, judged, decided, enforced. */
export type Kind = Entry["kind"];
