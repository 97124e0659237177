import { Resolver } from "node:dns/promises";

/** An answer, or the code of why there is none (`ENOTFOUND` and `ENODATA` are answers of a kind too). */
export type DnsAnswer = { ok: true; records: unknown[] } | { ok: false; code: string };

export type DnsResolver = {
  resolve(name: string, type: string): Promise<DnsAnswer>;
  /** Time for all answers about one message. */
  messageMsMax: number;
};

export type DnsSettings = {
  /** Addresses, or address:port; empty takes those of the system. */
  servers: readonly string[];
  answerMsMax: number;
  messageMsMax: number;
};

const cacheMax = 20_000;
const keptMs = { answer: 300_000, nothing: 60_000, lost: 5_000 } as const;
const inFlightMax = 512;

/**
 * Kinds of records that mail authentication asks for; anything else is refused, since strangers choose the
 * names.
 */
const TYPES = new Set(["TXT", "A", "AAAA", "MX", "PTR", "CNAME", "NS"]);

type Kept = { answer: DnsAnswer; until: number };

/**
 * A resolver that never stalls: every answer has a time limit, what was asked once is kept (also that there
 * is nothing, and that an answer was lost), and equal questions that are under way are asked once.
 */
export function createDnsResolver(settings: DnsSettings): DnsResolver {
  const resolver = new Resolver({ timeout: settings.answerMsMax, tries: 1 });
  if (settings.servers.length > 0) resolver.setServers([...settings.servers]);
  const kept = new Map<string, Kept>();
  const underWay = new Map<string, Promise<DnsAnswer>>();

  async function ask(name: string, type: string, key: string): Promise<DnsAnswer> {
    const answer = await askOnce(resolver, { name, type, msMax: settings.answerMsMax });
    const ms = answer.ok ? keptMs.answer : isNothing(answer.code) ? keptMs.nothing : keptMs.lost;
    if (kept.size >= cacheMax) kept.delete(kept.keys().next().value as string);
    kept.set(key, { answer, until: performance.now() + ms });
    underWay.delete(key);
    return answer;
  }

  return {
    messageMsMax: settings.messageMsMax,
    async resolve(name, type) {
      if (!TYPES.has(type) || name.length > 253) return { ok: false, code: "EBADNAME" };
      const key = `${type} ${name.toLowerCase()}`;
      const known = kept.get(key);
      if (known !== undefined && known.until > performance.now()) return known.answer;
      const asked = underWay.get(key);
      if (asked !== undefined) return await asked;
      if (underWay.size >= inFlightMax) return { ok: false, code: "ETIMEOUT" };
      const asking = ask(name, type, key);
      underWay.set(key, asking);
      return await asking;
    },
  };
}

async function askOnce(
  resolver: Resolver,
  question: { name: string; type: string; msMax: number },
): Promise<DnsAnswer> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<DnsAnswer>((resolve) => {
    timer = setTimeout(() => resolve({ ok: false, code: "ETIMEOUT" }), question.msMax);
  });
  const answered = resolver
    .resolve(question.name, question.type)
    .then((records): DnsAnswer => ({ ok: true, records: Array.isArray(records) ? records : [records] }))
    .catch((error: NodeJS.ErrnoException): DnsAnswer => ({ ok: false, code: error.code ?? "ESERVFAIL" }));
  try {
    return await Promise.race([answered, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Whether a code says that there is no such record, and not that nobody answered. */
export function isNothing(code: string): boolean {
  return code === "ENOTFOUND" || code === "ENODATA" || code === "EBADNAME";
}
