import { visibleText } from "../../../lib/visibleText.ts";
import type { ReasonEntry } from "../reasons.ts";

type Sender = { address: string };
type Domain = { domain: string };
type Shown = { shown: string; address: string };

/** Reasons that rest on who the sender is, or says that he is. */
export const IDENTITY_REASONS = {
  "known-correspondent": {
    technique: null,
    severity: "info",
    say: ({ address }: Sender) => ({
      en: `${visibleText(address)} is a correspondent of ours, and the domain vouches for this message.`,
      ja: `${visibleText(address)} は以前からやり取りのある相手で、送信元ドメインの認証にも合格しています。`,
    }),
  },
  "first-contact": {
    technique: null,
    severity: "info",
    say: ({ address }: Sender) => ({
      en: `${visibleText(address)} has never written to us before.`,
      ja: `${visibleText(address)} からメールが届くのは初めてです。`,
    }),
  },
  "unseen-at-partner": {
    technique: "T1656",
    severity: "medium",
    say: ({ address, domain }: { address: string; domain: string }) => ({
      en: `${visibleText(domain)} is a partner of ours, but nobody called ${visibleText(address)} has written to us before.`,
      ja: `取引先 ${visibleText(domain)} のドメインですが、${visibleText(address)} からのメールは一度もありません。`,
    }),
  },
  "unauthenticated": {
    technique: null,
    severity: "low",
    say: ({ domain }: Domain) => ({
      en: `Nothing proves that this message comes from ${visibleText(domain)}: neither SPF nor DKIM passed for it.`,
      ja: `このメールが ${visibleText(domain)} から来たことを示す証拠（SPF・DKIM）がありません。`,
    }),
  },
  "spf-fail": {
    technique: "T1672",
    severity: "low",
    say: ({ domain }: Domain) => ({
      en: `The sending machine is not one of those that ${visibleText(domain)} allows (SPF).`,
      ja: `送信元の機械は ${visibleText(domain)} が許可したものではありません（SPF不合格）。`,
    }),
  },
  "dkim-fail": {
    technique: "T1672",
    severity: "low",
    say: ({ domain }: Domain) => ({
      en: `The signature of ${visibleText(domain)} does not fit this message (DKIM).`,
      ja: `${visibleText(domain)} の電子署名がこのメールと一致しません（DKIM不合格）。`,
    }),
  },
  "dmarc-fail": {
    technique: "T1672",
    severity: "medium",
    say: ({ domain }: Domain) => ({
      en: `The domain shown as the sender, ${visibleText(domain)}, does not vouch for this message (DMARC).`,
      ja: `表示されている差出人のドメイン ${visibleText(domain)} は、このメールを保証していません（DMARC不合格）。`,
    }),
  },
  "own-domain-forged": {
    technique: "T1672",
    severity: "high",
    say: ({ domain }: Domain) => ({
      en: `The message comes from outside but claims to be sent by our own domain ${visibleText(domain)}.`,
      ja: `外部から届いたのに、自社のドメイン ${visibleText(domain)} を差出人に名乗っています。`,
    }),
  },
  "several-senders": {
    technique: "T1672",
    severity: "high",
    say: ({ count }: { count: number }) => ({
      en: `The message has ${count} From fields, so that different programs show different senders.`,
      ja: `差出人（From）の欄が${count}つあり、ソフトによって違う差出人が表示されます。`,
    }),
  },
  "sender-malformed": {
    technique: "T1672",
    severity: "low",
    say: ({ shown }: { shown: string }) => ({
      en: `No sender's address can be read from the From field: "${visibleText(shown)}".`,
      ja: `差出人（From）の欄「${visibleText(shown)}」から送信元アドレスを読み取れません。`,
    }),
  },
  "look-alike-domain": {
    technique: "T1583.001",
    severity: "high",
    say: ({ domain, real }: { domain: string; real: string }) => ({
      en: `The sender's domain ${visibleText(domain)} is easily taken for ${visibleText(real)}, but is another one.`,
      ja: `送信元のドメイン ${visibleText(domain)} は ${visibleText(real)} に似せた別のドメインです。`,
    }),
  },
  "name-holds-address": {
    technique: "T1656",
    severity: "medium",
    say: ({ shown, address }: Shown) => ({
      en: `The sender's display name shows "${visibleText(shown)}", but the message comes from ${visibleText(address)}.`,
      ja: `差出人の表示名は「${visibleText(shown)}」ですが、実際の送信元は ${visibleText(address)} です。`,
    }),
  },
  "name-holds-own-domain": {
    technique: "T1656",
    severity: "high",
    say: ({ shown, address }: Shown) => ({
      en: `The display name "${visibleText(shown)}" pretends to be ourselves; the message comes from ${visibleText(address)}.`,
      ja: `表示名「${visibleText(shown)}」は当社を装っていますが、送信元は ${visibleText(address)} です。`,
    }),
  },
  "name-holds-partner": {
    technique: "T1656",
    severity: "high",
    say: ({ shown, partner, address }: { shown: string; partner: string; address: string }) => ({
      en: `The display name "${visibleText(shown)}" is that of ${visibleText(partner)}, but ${visibleText(address)} is not theirs.`,
      ja: `表示名「${visibleText(shown)}」は${visibleText(partner)}のものですが、${visibleText(address)} は同社のアドレスではありません。`,
    }),
  },
  "reply-elsewhere": {
    technique: "T1656",
    severity: "low",
    say: ({ address, from }: { address: string; from: string }) => ({
      en: `Answers would go to ${visibleText(address)}, not to the sender ${visibleText(from)}.`,
      ja: `返信先が差出人 ${visibleText(from)} ではなく ${visibleText(address)} になっています。`,
    }),
  },
} as const satisfies Record<string, ReasonEntry<never>>;
