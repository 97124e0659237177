import { X509Certificate } from "node:crypto";
import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { ReadBuffer, type BytesReader } from "./readBuffer.ts";
import { encodeSslRequest } from "./startup.ts";
import { endPointBinding } from "./scram.ts";

export type ServerAddress = {
  host: string;
  port: number;
  tls: "off" | "require" | "verify";
  ca: string | null;
};

export const limits = { connectMsMax: 10_000 } as const;

export type OpenServer = {
  socket: Socket;
  /** RFC 5929 tls-server-end-point of the server's certificate; null without TLS. */
  binding: Buffer | null;
  /** Who hears what the server says. What is kept longer than the call is kept by the target alone. */
  read(reader: BytesReader, target: Socket | null): void;
  /** The target has written all. */
  settle(): void;
};

/** A folder is that of PostgreSQL's socket. */
function placeOf({ host, port }: ServerAddress): { path: string } | { host: string; port: number } {
  return host.startsWith("/") ? { path: `${host}/.s.PGSQL.${port}` } : { host, port };
}

/** Connects to PostgreSQL; throws where it is away or its certificate is not as wanted. */
export async function openServer(address: ServerAddress): Promise<OpenServer> {
  return address.tls === "off" ? openPlain(address) : openTls(address);
}

function openPlain(address: ServerAddress): Promise<OpenServer> {
  const buffer = new ReadBuffer();
  return new Promise((resolve, reject) => {
    const socket = connectTcp({
      ...placeOf(address),
      noDelay: true,
      keepAlive: true,
      onread: buffer.onread,
    });
    const timer = setTimeout(() => socket.destroy(new Error("no answer within 10 s")), limits.connectMsMax);
    socket.once("error", reject);
    socket.once("connect", () => {
      clearTimeout(timer);
      socket.off("error", reject);
      const read = (reader: BytesReader, target: Socket | null): void => {
        buffer.reader = reader;
        buffer.target = target;
      };
      resolve({ socket, binding: null, read, settle: () => buffer.settle() });
    });
    socket.once("close", () => clearTimeout(timer));
  });
}

async function openTls(address: ServerAddress): Promise<OpenServer> {
  const plain = connectTcp({ ...placeOf(address), noDelay: true, keepAlive: true });
  const word = await new Promise<Buffer>((resolve, reject) => {
    const timer = setTimeout(() => plain.destroy(new Error("no answer within 10 s")), limits.connectMsMax);
    plain.once("error", reject);
    plain.once("close", () => {
      clearTimeout(timer);
      reject(new Error("it closed the connection"));
    });
    plain.once("connect", () => plain.write(encodeSslRequest()));
    plain.once("data", (bytes: Buffer) => {
      clearTimeout(timer);
      resolve(bytes);
    });
  });
  // Bytes behind the answer were put there by somebody who wants to be taken for the server (CVE-2021-23222).
  if (word.length !== 1 || word[0] !== 0x53) {
    plain.destroy();
    throw new Error("it does not speak TLS");
  }
  const verify = address.tls === "verify";
  const socket = connectTls({
    socket: plain,
    rejectUnauthorized: verify,
    ...(verify ? { servername: address.host } : {}),
    ...(address.ca === null ? {} : { ca: address.ca }),
  });
  await new Promise<void>((resolve, reject) => {
    socket.once("secureConnect", resolve);
    socket.once("error", reject);
    socket.once("close", () => reject(new Error("it closed the connection")));
  });
  let reader: BytesReader | null = null;
  const certificate = socket.getPeerX509Certificate();
  const binding = certificate === undefined ? null : bindingOf(certificate);
  return {
    socket,
    binding,
    read: (wanted) => {
      // One listener only: the sign-in's must not hear the session.
      if (reader === null) socket.on("data", (bytes: Buffer) => reader?.(bytes));
      reader = wanted;
    },
    settle: () => {},
  };
}

/** tls-server-end-point of a certificate (RFC 5929 4.1). */
export function bindingOf(certificate: X509Certificate): Buffer {
  return endPointBinding(certificate.raw, certificate.signatureAlgorithm ?? "");
}
