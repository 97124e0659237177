import { findingOf, sayBytes, type Finding } from "../findings.ts";
import type { OutboundPolicy } from "../policy.ts";

/** What a host sent to one destination, by day of UTC since 1970, beside all that it sent outside. */
export type SeenUploads = {
  src: string;
  dst: string;
  host: string;
  group: string;
  allowed: boolean;
  days: readonly { day: number; sent: number; received: number }[];
  hostDays: readonly { day: number; sent: number }[];
  /** The first day on record: one without a line of the host is a day on which it sent nothing. */
  firstDay: number;
};

/** The middle of what the host sent outside on the days before this one; null where none is on record. */
function usualBefore(seen: SeenUploads, day: number): number | null {
  if (day <= seen.firstDay) return null;
  const before = new Array<number>(Math.min(366, day - seen.firstDay)).fill(0);
  for (const one of seen.hostDays) {
    const place = day - 1 - one.day;
    if (place >= 0 && place < before.length) before[place] = one.sent;
  }
  before.sort((one, other) => one - other);
  return before[before.length >> 1] as number;
}

/**
 * Much at once, held against the host's own days before; and little every day, which no daily limit sees.
 * Where most came back (a download), sending is not the point of the traffic.
 */
export function judgeUploads(seen: SeenUploads, policy: OutboundPolicy): Finding[] {
  if (seen.allowed) return [];
  const { src, dst, host, group } = seen;
  const sent = seen.days.reduce((sum, day) => sum + day.sent, 0);
  const received = seen.days.reduce((sum, day) => sum + day.received, 0);
  if (sent < 2 * received) return [];
  const unknown = { en: "not known yet", ja: "まだ不明" };
  const top = seen.days.reduce((most, day) => (day.sent > most.sent ? day : most));
  const usual = usualBefore(seen, top.day);
  if (top.sent >= policy.uploadBytesMin && (usual === null || top.sent >= policy.uploadTimesUsual * usual)) {
    const figures = { bytes: top.sent, received: top.received, usualBytes: usual, day: dayOf(top.day) };
    const evidence = {
      host,
      destination: dst,
      bytes: sayBytes(top.sent),
      usual: usual === null ? unknown : sayBytes(usual),
    };
    // Without a past of its own there is nothing to hold it against.
    const severity = usual === null ? "medium" : "high";
    return [findingOf("upload-volume", { src, dst, group, figures, severity }, evidence)];
  }
  return judgeSlow(seen, sent, policy);
}

function judgeSlow(seen: SeenUploads, sent: number, policy: OutboundPolicy): Finding[] {
  const { src, dst, host, group, days } = seen;
  const first = days[0];
  if (first === undefined || days.length < 3 || sent < policy.uploadBytesMin) return [];
  const usual = usualBefore(seen, first.day);
  const perDay = sent / days.length;
  // A destination that was there from the first day on record has no "before" to differ from.
  if (usual === null || perDay < (policy.uploadTimesUsual / 2) * Math.max(usual, 1)) return [];
  const figures = { bytes: sent, days: days.length, bytesPerDay: Math.round(perDay), usualBytes: usual };
  const evidence = {
    host,
    destination: dst,
    bytes: sayBytes(sent),
    days: days.length,
    usual: sayBytes(usual),
  };
  return [findingOf("slow-upload", { src, dst, group, figures }, evidence)];
}

function dayOf(day: number): string {
  return new Date(day * 86_400_000).toISOString().slice(0, 10);
}
