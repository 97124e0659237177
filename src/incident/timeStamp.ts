import * as asn1js from "asn1js";
import * as pkijs from "pkijs";
import { randomBytes, webcrypto } from "node:crypto";
import { SekishoError, textOfError } from "../lib/error.ts";

export const limits = { answerBytesMax: 64 * 1024, answerMsMax: 15_000 } as const;

const sha256 = "2.16.840.1.101.3.4.2.1";
const plainData = "1.2.840.113549.1.7.1";
const signedData = "1.2.840.113549.1.7.2";
const timeStampInfo = "1.2.840.113549.1.9.16.1.4";

export type TimeStamp = {
  /** The TimeStampToken (RFC 3161 2.4.2), DER. */
  token: Buffer;
  /** The moment that the authority attests. */
  at: Temporal.Instant;
};

/**
 * Has a time-stamping authority attest that something with this hash existed (RFC 3161 over HTTP, 3.4).
 * Throws where it does not answer, refuses, or attests something else; `trusted`: certificates (DER) to which
 * its own must lead, none: only the signature itself is checked.
 */
export async function stampHash(
  url: string,
  hash: Buffer,
  trusted: readonly Buffer[] = [],
): Promise<TimeStamp> {
  const nonce = randomBytes(8);
  // A leading bit would make the number negative, a leading zero byte is not minimal DER.
  nonce[0] = ((nonce[0] as number) & 0x7f) | 0x40;
  const request = new pkijs.TimeStampReq({
    version: 1,
    messageImprint: imprintOf(hash),
    nonce: new asn1js.Integer({ valueHex: Uint8Array.from(nonce).buffer }),
    certReq: true,
  });
  const answer = await post(url, Buffer.from(request.toSchema().toBER()));
  return readAnswer(answer, { hash, nonce, trusted });
}

/** Checks a token once more against a hash; gives the moment. Throws where it is not of that hash. */
export async function checkStamp(
  token: Buffer,
  hash: Buffer,
  trusted: readonly Buffer[] = [],
): Promise<Temporal.Instant> {
  return checkToken(token, { hash, nonce: null, trusted });
}

function imprintOf(hash: Buffer): pkijs.MessageImprint {
  return new pkijs.MessageImprint({
    hashAlgorithm: new pkijs.AlgorithmIdentifier({ algorithmId: sha256 }),
    hashedMessage: new asn1js.OctetString({ valueHex: Uint8Array.from(hash).buffer }),
  });
}

async function post(url: string, body: Buffer): Promise<Buffer> {
  try {
    const answer = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/timestamp-query" },
      body: Uint8Array.from(body),
      redirect: "error",
      signal: AbortSignal.timeout(limits.answerMsMax),
    });
    if (!answer.ok) throw new Error(`it answered ${answer.status}`);
    const parts: Uint8Array[] = [];
    let bytes = 0;
    for await (const part of answer.body ?? []) {
      bytes += part.length;
      if (bytes > limits.answerBytesMax) throw new Error("its answer is too long");
      parts.push(part);
    }
    return Buffer.concat(parts);
  } catch (cause) {
    throw failed(textOfError(cause), cause);
  }
}

type Wanted = { hash: Buffer; nonce: Buffer | null; trusted: readonly Buffer[] };

async function readAnswer(answer: Buffer, wanted: Wanted): Promise<TimeStamp> {
  let response: pkijs.TimeStampResp;
  try {
    response = pkijs.TimeStampResp.fromBER(Uint8Array.from(answer));
  } catch (cause) {
    throw failed("its answer is no TimeStampResp", cause);
  }
  // 0 granted, 1 granted with changes (RFC 3161 2.4.2).
  if (response.status.status > 1 || response.timeStampToken === undefined)
    throw failed(`it refused with status ${response.status.status}`);
  const token = Buffer.from(response.timeStampToken.toSchema().toBER());
  return { token, at: await checkToken(token, wanted) };
}

async function checkToken(token: Buffer, { hash, nonce, trusted }: Wanted): Promise<Temporal.Instant> {
  const { info, signed } = readToken(token);
  const { messageImprint } = info;
  const same =
    messageImprint.hashAlgorithm.algorithmId === sha256 &&
    Buffer.from(messageImprint.hashedMessage.valueBlock.valueHexView).equals(hash);
  if (!same) throw failed("it attests another hash");
  const answered = info.nonce === undefined ? null : Buffer.from(info.nonce.valueBlock.valueHexView);
  if (nonce !== null && (answered === null || !answered.equals(nonce)))
    throw failed("it answers another request");
  const engine = new pkijs.CryptoEngine({ name: "node", crypto: webcrypto as unknown as Crypto });
  pkijs.setEngine("node", engine as unknown as pkijs.ICryptoEngine);
  const verified = await signed
    .verify({
      signer: 0,
      checkDate: info.genTime,
      trustedCerts: trusted.map((certificate) => pkijs.Certificate.fromBER(Uint8Array.from(certificate))),
      checkChain: trusted.length > 0,
      extendedMode: true,
    })
    .catch((cause: unknown) => {
      throw failed(`its signature could not be checked: ${textOfError(cause)}`, cause);
    });
  if (verified.signatureVerified !== true) throw failed("its signature is wrong");
  if (trusted.length > 0 && verified.signerCertificateVerified !== true)
    throw failed("its certificate does not lead to a trusted one");
  return info.genTime.toTemporalInstant();
}

function readToken(token: Buffer): { info: pkijs.TSTInfo; signed: pkijs.SignedData } {
  try {
    const content = pkijs.ContentInfo.fromBER(Uint8Array.from(token));
    if (content.contentType !== signedData) throw new Error("no signed data");
    const signed = new pkijs.SignedData({ schema: content.content });
    const inner = signed.encapContentInfo.eContent;
    if (inner === undefined || signed.encapContentInfo.eContentType !== timeStampInfo)
      throw new Error("nothing is signed");
    // For this type the library wants the stamped thing itself, to hash it; its hash is compared here.
    signed.encapContentInfo.eContentType = plainData;
    return { info: pkijs.TSTInfo.fromBER(Uint8Array.from(Buffer.from(inner.getValue()))), signed };
  } catch (cause) {
    throw failed("its token cannot be read", cause);
  }
}

function failed(problem: string, cause?: unknown): SekishoError {
  return new SekishoError("peer-unavailable", `Cannot have it time-stamped: ${problem}`, {
    hint: "look at incident.timeStamp in the configuration; the hash is on record in any case",
    cause,
  });
}
