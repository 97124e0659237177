import { authenticate } from "mailauth";
import { isNothing, type DnsResolver } from "./dns.ts";
import type { Authentication, Transport } from "./seen.ts";

const authservId = "sekisho.invalid";
const signaturesMax = 10;

/** What is said where nothing was asked: no name service, or our own outgoing mail. */
export function nothingAuthenticated(): Authentication {
  return {
    spf: { result: "none", domain: null },
    dkim: [],
    dmarc: { result: "none", policy: null, domain: null },
    arc: { result: "none" },
    header: "",
    dnsIncomplete: true,
  };
}

/**
 * Checks SPF, DKIM, DMARC and ARC. All answers of the name service together have a time limit per message:
 * what is lost or late makes a `temperror`, never a stalled session.
 */
export async function authenticateMail(
  raw: Buffer,
  transport: Transport,
  dns: DnsResolver | null,
): Promise<Authentication> {
  if (dns === null || transport.direction === "outbound") return nothingAuthenticated();
  const asked = { incomplete: false, deadline: performance.now() + dns.messageMsMax };
  const result = await authenticate(raw, {
    ...(transport.clientAddress === null ? {} : { ip: transport.clientAddress }),
    ...(transport.helo === null ? {} : { helo: transport.helo }),
    sender: transport.mailFrom,
    mta: authservId,
    trustReceived: false,
    disableBimi: true,
    resolver: (name, type) => ask(name, type, { dns, asked }) as Promise<string[]>,
  });
  const dmarc = result.dmarc === false ? null : result.dmarc;
  // Without a client's address SPF has nothing to check (RFC 7208 2.6.1).
  const spf = transport.clientAddress === null || result.spf === false ? null : result.spf;
  return {
    spf: {
      result: spf === null ? "none" : spf.status.result,
      domain: spf === null ? null : (spf.domain ?? null),
    },
    dkim: (result.dkim.results ?? []).slice(0, signaturesMax).map((signature) => ({
      result: isBrokenBody(signature.status) ? "fail" : signature.status.result,
      domain: signature.signingDomain ?? null,
      aligned: typeof signature.status.aligned === "string",
    })),
    // mailauth gives `false` where From is missing, broken or multiple: RFC 9989 11.5 calls that suspicious.
    dmarc: {
      result: dmarc === null ? "fail" : dmarc.status.result,
      policy: dmarc === null ? null : (dmarc.policy ?? null),
      domain: dmarc === null ? null : (dmarc.domain ?? null),
    },
    arc: { result: result.arc === false ? "none" : result.arc.status.result },
    header: headerValue(result.headers),
    dnsIncomplete: asked.incomplete,
  };
}

type Asked = { dns: DnsResolver; asked: { incomplete: boolean; deadline: number } };

async function ask(name: string, type: string, { dns, asked }: Asked): Promise<unknown[]> {
  const left = asked.deadline - performance.now();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<{ ok: false; code: string }>((resolve) => {
    timer = setTimeout(() => resolve({ ok: false, code: "ETIMEOUT" }), Math.max(0, left));
  });
  const answer = left <= 0 ? await late : await Promise.race([dns.resolve(name, type), late]);
  clearTimeout(timer);
  if (answer.ok) return answer.records;
  if (!isNothing(answer.code)) asked.incomplete = true;
  throw Object.assign(new Error(`query ${answer.code}`), { code: answer.code });
}

/** mailauth calls a body that was changed "neutral"; RFC 6376 6.1.3 makes the signature fail. */
function isBrokenBody(status: { result: string; comment?: string | undefined }): boolean {
  return status.result === "neutral" && (status.comment ?? "").includes("body hash did not verify");
}

/**
 * The value of the Authentication-Results field without our name, which whoever writes the field puts in
 * front.
 */
function headerValue(headers: string): string {
  const match = /^Authentication-Results:\s*[^;]*;\s*([\s\S]*?)\r\n(?![ \t])/im.exec(headers);
  return match === null ? "" : (match[1] as string).replace(/\r\n[ \t]+/g, " ").trim();
}
