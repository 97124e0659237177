import { timingSafeEqual } from "node:crypto";
import type { CampaignKeys } from "../store/campaignKeys.ts";

/** Whose notice, by which of her addresses. */
export type ReturnMark = { campaign: number; number: number; step: number };

const markCharacters = 10;

/**
 * The return address of one notice (VERP): bounce+CAMPAIGN.NUMBER.STEP.MARK@domain. The mark (50 bits) can
 * be made with the campaign's key only, so a forged bounce cannot take anyone off the list.
 */
export function returnAddress(mark: ReturnMark, keys: CampaignKeys, domain: string): string {
  const bare = `${mark.campaign.toString(36)}.${mark.number.toString(36)}.${mark.step}`;
  return `bounce+${bare}.${keys.markOf(`return ${bare}`, markCharacters)}@${domain}`;
}

const shape = /bounce[+=]([0-9a-z]{1,8})\.([0-9a-z]{1,10})\.([0-9])\.([a-z2-9]{10})(?=@|=40|$)/i;

/** What a return address says, not yet believed: any text that holds one. */
export function readReturnAddress(text: string): (ReturnMark & { mark: string }) | null {
  const [, campaign = "", number = "", step = "", mark = ""] = shape.exec(text) ?? [];
  if (mark === "") return null;
  return {
    campaign: Number.parseInt(campaign, 36),
    number: Number.parseInt(number, 36),
    step: Number(step),
    mark: mark.toLowerCase(),
  };
}

/** Whether we made it. */
export function isOwnMark({ mark, ...read }: ReturnMark & { mark: string }, keys: CampaignKeys): boolean {
  const bare = `${read.campaign.toString(36)}.${read.number.toString(36)}.${read.step}`;
  const own = keys.markOf(`return ${bare}`, markCharacters);
  return timingSafeEqual(Buffer.from(own), Buffer.from(mark.padEnd(own.length).slice(0, own.length)));
}
