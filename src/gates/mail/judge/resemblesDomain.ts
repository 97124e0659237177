import { editDistance, skeletonOf } from "../../../lib/resemblance.ts";
import { organisationalDomain } from "../organisationalDomain.ts";
import type { MailPolicy } from "../policy.ts";
import { domainToUnicode } from "../punycode.ts";

/** Words that impostors add to a name they borrow. */
const BORROWED =
  /(?:^|-)(?:jp|japan|group|corp|inc|co|official|support|info|mail|service|global|online|web|sales)(?:-|$)/;

/**
 * The genuine domain for which this one is easily taken, or null. Genuine are our own domains and those of
 * the partners; pairs that resemble each other and are both genuine stand in the partner register.
 */
export function resemblesDomain(domain: string, policy: MailPolicy): string | null {
  const sender = organisationalDomain(domain);
  const genuine = [
    ...policy.ownDomains.map((own) => ({ domain: own, allowed: [] as string[] })),
    ...policy.partners.map((partner) => ({ domain: partner.domain, allowed: partner.lookAlikesAllowed })),
  ];
  for (const { domain: real, allowed } of genuine) {
    if (
      [real, ...allowed].some(
        (one) => domain === one || domain.endsWith(`.${one}`) || sender === organisationalDomain(one),
      )
    ) {
      return null;
    }
  }
  const found = genuine.find(
    ({ domain: real }) => resembles(sender, organisationalDomain(real)) || holds(domain, real),
  );
  return found?.domain ?? null;
}

/** "ana-sales.example.evil.invalid": the genuine name in front of a foreign one. */
function holds(domain: string, real: string): boolean {
  return (
    domain.startsWith(`${real}.`) ||
    domain.includes(`.${real}.`) ||
    domain.startsWith(`${real.replaceAll(".", "-")}.`)
  );
}

function resembles(sender: string, real: string): boolean {
  const [senderName, senderEnding] = split(domainToUnicode(sender));
  const [realName, realEnding] = split(real);
  if (senderName === realName) return senderEnding !== realEnding && realName.length >= 3;
  if (skeletonOf(senderName) === skeletonOf(realName)) return true;
  // A short name has many genuine neighbours: "ana" and "aba" are two companies.
  const most = realName.length >= 10 ? 2 : realName.length >= 5 ? 1 : 0;
  if (most > 0 && editDistance(senderName, realName, most) <= most) return true;
  const rest = senderName.startsWith(`${realName}-`)
    ? senderName.slice(realName.length + 1)
    : senderName.endsWith(`-${realName}`)
      ? senderName.slice(0, -realName.length - 1)
      : null;
  if (rest !== null) return BORROWED.test(rest) || realName.length >= 5;
  return (
    realName.length >= 4 &&
    (senderName === `${realName}jp` || senderName === `${realName}japan` || senderName === `${realName}group`)
  );
}

function split(domain: string): [name: string, ending: string] {
  const dot = domain.indexOf(".");
  return dot === -1 ? [domain, ""] : [domain.slice(0, dot), domain.slice(dot + 1)];
}
