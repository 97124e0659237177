import type { Law } from "./law.ts";
import { authorityOrder } from "./laws/authorityOrder.ts";
import { euGdpr } from "./laws/euGdpr.ts";
import { japanAppi } from "./laws/japanAppi.ts";
import { koreaPipa } from "./laws/koreaPipa.ts";
import { singaporePdpa } from "./laws/singaporePdpa.ts";
import { usCalifornia } from "./laws/usCalifornia.ts";

/** All laws that are known, by their date of check the user can see how old that knowledge is. */
export const LAWS: readonly Law[] = [
  japanAppi,
  authorityOrder,
  euGdpr,
  usCalifornia,
  koreaPipa,
  singaporePdpa,
];
