import { CUT_WORDS } from "./cutWords.ts";
import { ENTRY_WORDS } from "./entryWords.ts";
import { HOTLINE_WORDS } from "./hotlineWords.ts";
import { INCIDENT_WORDS } from "./incidentWords.ts";
import { MAIL_WORDS } from "./mailWords.ts";
import { NOTICE_WORDS } from "./noticeWords.ts";
import { PEOPLE_WORDS } from "./peopleWords.ts";
import { RECORDS_WORDS } from "./recordsWords.ts";
import { REPLAY_WORDS } from "./replayWords.ts";
import { REPORT_WORDS } from "./reportWords.ts";
import { ROOM_WORDS } from "./roomWords.ts";
import { SCOPE_WORDS } from "./scopeWords.ts";
import { SHELL_WORDS } from "./shellWords.ts";
import { TRAFFIC_WORDS } from "./trafficWords.ts";

/** Every text of the pages, by code, in both languages. No sentence is glued from pieces. */
export const WORDS = {
  ...SHELL_WORDS,
  ...MAIL_WORDS,
  ...TRAFFIC_WORDS,
  ...CUT_WORDS,
  ...ENTRY_WORDS,
  ...PEOPLE_WORDS,
  ...RECORDS_WORDS,
  ...SCOPE_WORDS,
  ...HOTLINE_WORDS,
  ...NOTICE_WORDS,
  ...INCIDENT_WORDS,
  ...ROOM_WORDS,
  ...REPORT_WORDS,
  ...REPLAY_WORDS,
} as const;
export type WordCode = keyof typeof WORDS;
