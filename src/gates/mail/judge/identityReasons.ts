import { domainToUnicode } from "../punycode.ts";
import { organisationalDomain } from "../organisationalDomain.ts";
import type { MailPolicy } from "../policy.ts";
import { reasonFor, type JudgedReason } from "../reasons.ts";
import type { Mailbox, SeenMail } from "../seen.ts";
import { resemblesDomain } from "./resemblesDomain.ts";

/** Reasons that rest on who the sender is, or says that he is. */
export function identityReasons(seen: SeenMail, policy: MailPolicy): JudgedReason[] {
  if (seen.transport.direction === "outbound") return [];
  const sender = seen.reading.from.find((mailbox) => mailbox.domain !== "");
  const reasons = fromReasons(seen);
  if (sender === undefined) return [...reasons, ...authenticationReasons(seen, null)];
  const partner = partnerOf(sender.domain, policy);
  return [
    ...reasons,
    ...authenticationReasons(seen, sender),
    ...historyReasons(seen, { sender, partner, policy }),
    ...ownDomainReasons(seen, sender, policy),
    ...domainReasons(sender, policy),
    ...seen.reading.from.flatMap((mailbox) => displayNameReasons(mailbox, policy)),
    ...replyReasons(seen, sender),
  ];
}

function fromReasons({ reading }: SeenMail): JudgedReason[] {
  const reasons: JudgedReason[] = [];
  for (const { code, detail } of reading.defects) {
    if (code === "from-several") reasons.push(reasonFor("several-senders", null, { count: Number(detail) }));
    if (code === "from-malformed" || code === "from-missing") {
      reasons.push(reasonFor("sender-malformed", null, { shown: detail }));
    }
  }
  return reasons;
}

/** Whether some domain vouches for the one shown as the sender. */
function isVouchedFor(seen: SeenMail, sender: Mailbox): boolean {
  const { spf, dkim, dmarc } = seen.reading.authentication;
  if (dmarc.result === "pass") return true;
  const own = organisationalDomain(sender.domain);
  const aligned = (domain: string | null): boolean => domain !== null && organisationalDomain(domain) === own;
  return (
    (spf.result === "pass" && aligned(spf.domain)) ||
    dkim.some((signature) => signature.result === "pass" && aligned(signature.domain))
  );
}

function authenticationReasons(seen: SeenMail, sender: Mailbox | null): JudgedReason[] {
  const { spf, dkim, dmarc, header } = seen.reading.authentication;
  const reasons: JudgedReason[] = [];
  if (spf.result === "fail") reasons.push(reasonFor("spf-fail", null, { domain: spf.domain ?? "?" }));
  for (const signature of dkim) {
    if (signature.result === "fail")
      reasons.push(reasonFor("dkim-fail", null, { domain: signature.domain ?? "?" }));
  }
  const domain = dmarc.domain ?? sender?.domain ?? "?";
  if (dmarc.result === "fail") reasons.push(reasonFor("dmarc-fail", null, { domain }));
  // Without a name service nothing was asked, so nothing is missing.
  else if (header !== "" && sender !== null && !isVouchedFor(seen, sender)) {
    reasons.push(reasonFor("unauthenticated", null, { domain: sender.domain }));
  }
  return reasons;
}

type Known = { sender: Mailbox; partner: { domain: string } | null; policy: MailPolicy };

function historyReasons(seen: SeenMail, { sender, partner, policy }: Known): JudgedReason[] {
  const { fromAddress, fromDomain, toAddress } = seen.history;
  if (fromAddress === null) return [];
  const address = sender.address;
  if (fromAddress >= policy.knownAfter || (toAddress ?? 0) > 0) {
    return isVouchedFor(seen, sender) ? [reasonFor("known-correspondent", null, { address })] : [];
  }
  const reasons = [reasonFor("first-contact", null, { address })];
  if (partner !== null)
    reasons.push(reasonFor("unseen-at-partner", null, { address, domain: partner.domain }));
  // A domain that wrote often is as good as a partner that nobody has entered yet.
  else if ((fromDomain ?? 0) >= 5 && !isSharedDomain(sender.domain)) {
    reasons.push(reasonFor("unseen-at-partner", null, { address, domain: sender.domain }));
  }
  return reasons;
}

const SHARED = new Set(
  (
    "gmail.com googlemail.com yahoo.com yahoo.co.jp ymail.ne.jp outlook.com outlook.jp hotmail.com " +
    "hotmail.co.jp live.jp icloud.com me.com docomo.ne.jp ezweb.ne.jp au.com softbank.ne.jp " +
    "softbank.jp vodafone.ne.jp nifty.com biglobe.ne.jp ocn.ne.jp so-net.ne.jp " +
    "plala.or.jp excite.co.jp goo.jp aol.com gmx.de gmx.net " +
    "proton.me protonmail.com qq.com 163.com naver.com web.de"
  ).split(" "),
);

/** Domains under which strangers live beside each other: that one of them wrote says nothing of the next. */
function isSharedDomain(domain: string): boolean {
  return SHARED.has(organisationalDomain(domain)) || SHARED.has(domain);
}

function partnerOf(domain: string, policy: MailPolicy): MailPolicy["partners"][number] | null {
  const own = organisationalDomain(domain);
  return policy.partners.find((partner) => domain === partner.domain || own === partner.domain) ?? null;
}

function ownDomainReasons(seen: SeenMail, sender: Mailbox, policy: MailPolicy): JudgedReason[] {
  const own = policy.ownDomains.some(
    (domain) => sender.domain === domain || sender.domain.endsWith(`.${domain}`),
  );
  if (!own || isVouchedFor(seen, sender)) return [];
  return [reasonFor("own-domain-forged", null, { domain: sender.domain })];
}

function domainReasons(sender: Mailbox, policy: MailPolicy): JudgedReason[] {
  const real = resemblesDomain(sender.domain, policy);
  return real === null
    ? []
    : [reasonFor("look-alike-domain", null, { domain: domainToUnicode(sender.domain), real })];
}

const ADDRESS_IN_NAME = /[a-z0-9._%+-]{1,64}[@＠]([a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})+)/i;

function displayNameReasons(mailbox: Mailbox, policy: MailPolicy): JudgedReason[] {
  const shown = mailbox.name.normalize("NFKC");
  if (shown === "" || mailbox.domain === "") return [];
  const { address } = mailbox;
  const own = organisationalDomain(mailbox.domain);
  const lower = shown.toLowerCase();
  const isOurs = policy.ownDomains.some((domain) => own === organisationalDomain(domain));
  if (!isOurs && holdsOurName(lower, policy)) {
    return [reasonFor("name-holds-own-domain", null, { shown: mailbox.name, address })];
  }
  const partner = policy.partners.find((candidate) => {
    const theirs = [candidate.domain, ...candidate.lookAlikesAllowed];
    if (theirs.some((domain) => mailbox.domain === domain || mailbox.domain.endsWith(`.${domain}`)))
      return false;
    return (
      lower.includes(candidate.domain) ||
      candidate.names.some((name) => holdsWord(lower, name.normalize("NFKC").toLowerCase()))
    );
  });
  if (partner !== undefined && !isOurs) {
    return [
      reasonFor("name-holds-partner", null, {
        shown: mailbox.name,
        partner: partner.names[0] ?? partner.domain,
        address,
      }),
    ];
  }
  const inside = ADDRESS_IN_NAME.exec(shown)?.[1]?.toLowerCase();
  // Mailing lists write "'person@company' via list", which shows both.
  if (inside !== undefined && organisationalDomain(inside) !== own && !/\bvia\b|経由/i.test(shown)) {
    return [reasonFor("name-holds-address", null, { shown: mailbox.name, address })];
  }
  return [];
}

function holdsOurName(lower: string, policy: MailPolicy): boolean {
  return (
    policy.ownDomains.some((domain) => lower.includes(domain)) ||
    policy.ownNames.some((name) => holdsWord(lower, name.normalize("NFKC").toLowerCase()))
  );
}

/** Short Roman names ("ANA") count only as whole words; Japanese has no blanks between words. */
function holdsWord(text: string, name: string): boolean {
  if (!/^[a-z0-9 .&'-]+$/.test(name)) return text.includes(name);
  for (let at = text.indexOf(name); at !== -1; at = text.indexOf(name, at + 1)) {
    const around = [text[at - 1], text[at + name.length]];
    if (around.every((letter) => letter === undefined || !/[a-z0-9]/.test(letter))) return true;
  }
  return false;
}

function replyReasons({ reading }: SeenMail, sender: Mailbox): JudgedReason[] {
  const elsewhere = reading.replyTo.find(
    (mailbox) =>
      mailbox.domain !== "" && organisationalDomain(mailbox.domain) !== organisationalDomain(sender.domain),
  );
  if (elsewhere === undefined || !isSharedDomain(elsewhere.domain)) return [];
  return [reasonFor("reply-elsewhere", null, { address: elsewhere.address, from: sender.address })];
}
