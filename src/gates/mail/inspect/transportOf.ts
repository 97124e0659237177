import { isIP } from "node:net";
import { readHeaderBlock } from "../mime/headerBlock.ts";
import { readMailboxes } from "../mime/mailboxes.ts";
import type { Transport } from "../seen.ts";

const headerBytesMax = 64 * 1024;

/**
 * What a stored message tells of the session that brought it: Return-Path, and the newest Received field with
 * a public address (RFC 5321 4.4). There is no session to ask, so what is not there is unknown.
 */
export function transportOf(raw: Buffer): Transport {
  const { fields } = readHeaderBlock(raw, 0, Math.min(raw.length, headerBytesMax), "header");
  const valueOf = (name: string): string | null =>
    fields.find((field) => field.lowerName === name)?.value ?? null;
  const transport: Transport = {
    clientAddress: null,
    clientName: null,
    helo: null,
    mailFrom: readMailboxes(valueOf("return-path") ?? "")[0]?.address ?? "",
    rcptTo: [],
    direction: "inbound",
  };
  // RFC 7208 9.1: what checked SPF before wrote down the client, which hops inside a provider hide.
  const checked = /\bclient-ip=["']?([0-9a-f.:]{3,45})/i.exec(valueOf("received-spf") ?? "")?.[1];
  if (checked !== undefined && isIP(checked) !== 0) {
    transport.clientAddress = checked;
    transport.helo = /\bhelo=["']?([^\s;"']{1,255})/i.exec(valueOf("received-spf") ?? "")?.[1] ?? null;
  }
  for (const field of fields) {
    if (field.lowerName !== "received" || transport.clientAddress !== null) continue;
    const match = /^from\s+(\S{1,255})\s*\(([^)]{0,500})/i.exec(field.value);
    const address = /\[(?:IPv6:)?([0-9a-f.:]{3,45})\]/i.exec(match?.[2] ?? "")?.[1];
    if (match === null || address === undefined || isIP(address) === 0 || isPrivate(address)) continue;
    transport.clientAddress = address;
    transport.helo = match[1] ?? null;
  }
  for (const name of ["delivered-to", "x-original-to"]) {
    const address = readMailboxes(valueOf(name) ?? "")[0]?.address;
    if (address !== undefined && transport.rcptTo.length === 0) transport.rcptTo.push(address);
  }
  return transport;
}

function isPrivate(address: string): boolean {
  return /^(?:0\.|10\.|127\.|169\.254\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|::1$|f[cd]|fe80)/i.test(
    address,
  );
}
