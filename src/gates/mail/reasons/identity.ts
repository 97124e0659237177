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
      en: `${address} is a correspondent of ours, and the domain vouches for this message.`,
      ja: `${address} は以前からやり取りのある相手で、送信元ドメインの認証にも合格しています。`,
    }),
  },
  "first-contact": {
    technique: null,
    severity: "info",
    say: ({ address }: Sender) => ({
      en: `${address} has never written to us before.`,
      ja: `${address} からメールが届くのは初めてです。`,
    }),
  },
  "unseen-at-partner": {
    technique: "T1656",
    severity: "medium",
    say: ({ address, domain }: { address: string; domain: string }) => ({
      en: `${domain} is a partner of ours, but nobody called ${address} has written to us before.`,
      ja: `取引先 ${domain} のドメインですが、${address} からのメールは一度もありません。`,
    }),
  },
  unauthenticated: {
    technique: null,
    severity: "low",
    say: ({ domain }: Domain) => ({
      en: `Nothing proves that this message comes from ${domain}: neither SPF nor DKIM passed for it.`,
      ja: `このメールが ${domain} から来たことを示す証拠（SPF・DKIM）がありません。`,
    }),
  },
  "spf-fail": {
    technique: "T1672",
    severity: "low",
    say: ({ domain }: Domain) => ({
      en: `The sending machine is not one of those that ${domain} allows (SPF).`,
      ja: `送信元の機械は ${domain} が許可したものではありません（SPF不合格）。`,
    }),
  },
  "dkim-fail": {
    technique: "T1672",
    severity: "low",
    say: ({ domain }: Domain) => ({
      en: `The signature of ${domain} does not fit this message (DKIM).`,
      ja: `${domain} の電子署名がこのメールと一致しません（DKIM不合格）。`,
    }),
  },
  "dmarc-fail": {
    technique: "T1672",
    severity: "medium",
    say: ({ domain }: Domain) => ({
      en: `The domain shown as the sender, ${domain}, does not vouch for this message (DMARC).`,
      ja: `表示されている差出人のドメイン ${domain} は、このメールを保証していません（DMARC不合格）。`,
    }),
  },
  "own-domain-forged": {
    technique: "T1672",
    severity: "high",
    say: ({ domain }: Domain) => ({
      en: `The message comes from outside but claims to be sent by our own domain ${domain}.`,
      ja: `外部から届いたのに、自社のドメイン ${domain} を差出人に名乗っています。`,
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
      en: `No sender's address can be read from the From field: "${shown}".`,
      ja: `差出人（From）の欄「${shown}」から送信元アドレスを読み取れません。`,
    }),
  },
  "look-alike-domain": {
    technique: "T1583.001",
    severity: "high",
    say: ({ domain, real }: { domain: string; real: string }) => ({
      en: `The sender's domain ${domain} is easily taken for ${real}, but is another one.`,
      ja: `送信元のドメイン ${domain} は ${real} に似せた別のドメインです。`,
    }),
  },
  "name-holds-address": {
    technique: "T1656",
    severity: "medium",
    say: ({ shown, address }: Shown) => ({
      en: `The sender's display name shows "${shown}", but the message comes from ${address}.`,
      ja: `差出人の表示名は「${shown}」ですが、実際の送信元は ${address} です。`,
    }),
  },
  "name-holds-own-domain": {
    technique: "T1656",
    severity: "high",
    say: ({ shown, address }: Shown) => ({
      en: `The display name "${shown}" pretends to be ourselves; the message comes from ${address}.`,
      ja: `表示名「${shown}」は当社を装っていますが、送信元は ${address} です。`,
    }),
  },
  "name-holds-partner": {
    technique: "T1656",
    severity: "high",
    say: ({ shown, partner, address }: { shown: string; partner: string; address: string }) => ({
      en: `The display name "${shown}" is that of ${partner}, but ${address} is not theirs.`,
      ja: `表示名「${shown}」は${partner}のものですが、${address} は同社のアドレスではありません。`,
    }),
  },
  "reply-elsewhere": {
    technique: "T1656",
    severity: "low",
    say: ({ address, from }: { address: string; from: string }) => ({
      en: `Answers would go to ${address}, not to the sender ${from}.`,
      ja: `返信先が差出人 ${from} ではなく ${address} になっています。`,
    }),
  },
  "canary-addressed": {
    technique: "T1589.002",
    severity: "critical",
    say: ({ sign }: { sign: string }) => ({
      en: `The mail goes to a canary customer (${sign}). Only who has our customers' data knows of her.`,
      ja: `おとり顧客（${sign}）あてのメールです。顧客データを持つ者しか知らない宛先です。`,
    }),
  },
  "canary-in-mail": {
    technique: "T1048.003",
    severity: "critical",
    say: ({ sign }: { sign: string }) => ({
      en: `The text of the mail names a canary customer (${sign}): customers' data is on its way by mail.`,
      ja: `本文におとり顧客の情報（${sign}）があります。顧客データがメールで送られています。`,
    }),
  },
} as const satisfies Record<string, ReasonEntry<never>>;
