import {
  client,
  codes,
  encodeAuthentication,
  encodeInt32,
  encodeMessage,
  headerBytes,
  readCString,
  server,
} from "./protocol.ts";
import { parseVerifier, ScramServer, type ServerStep } from "./scram.ts";
import type { Startup } from "./startup.ts";

export const limits = { messageBytesMax: 8_192 } as const;

export type SignInStep = { send: Buffer | null; rest: Buffer; done: boolean; problem: string | null };

/** The gate's side of a person's sign-in, without I/O: SASL messages of the client in, ours out. */
export class PersonSignIn {
  readonly #scram: ScramServer;
  #begun = false;

  constructor(options: { login: string; verifier: string | null; secret: Buffer; binding: Buffer | null }) {
    const { login, verifier, secret, binding } = options;
    const known = verifier === null ? null : parseVerifier(verifier);
    this.#scram = new ScramServer({ verifier: known, name: login, secret, binding });
  }

  /** NegotiateProtocolVersion: what the client asked beyond 3.0 is not spoken here. */
  negotiate(startup: Startup): Buffer {
    const unknown = Object.keys(startup.parameters).filter((name) => name.startsWith("_pq_."));
    for (const name of unknown) delete startup.parameters[name];
    const names = unknown.map((name) => `${name}\0`).join("");
    return encodeMessage(server.negotiate, encodeInt32(codes.protocol30), encodeInt32(unknown.length), names);
  }

  begin(): Buffer {
    return encodeAuthentication(10, `${this.#scram.mechanisms.join("\0")}\0\0`);
  }

  push(bytes: Buffer): SignInStep {
    const wait: SignInStep = { send: null, rest: bytes, done: false, problem: null };
    if (bytes.length < headerBytes) return wait;
    const total = bytes.readUInt32BE(1) + 1;
    if (bytes[0] !== client.password || total > limits.messageBytesMax || total < headerBytes)
      return { ...wait, problem: "what is no answer to a request to sign in" };
    if (bytes.length < total) return wait;
    const body = bytes.subarray(headerBytes, total);
    const rest = bytes.subarray(total);
    const step = this.#begun ? this.#scram.final(body.toString("utf8")) : this.#first(body);
    this.#begun = true;
    if ("refuse" in step) return { send: null, rest, done: false, problem: step.refuse };
    const send = encodeAuthentication(step.done ? 12 : 11, step.send);
    return { send, rest, done: step.done, problem: null };
  }

  #first(body: Buffer): ServerStep {
    const mechanism = readCString(body, 0, body.length);
    if (mechanism === null || mechanism.next + 4 > body.length) return { refuse: "a malformed message" };
    return this.#scram.first(mechanism.text, body.toString("utf8", mechanism.next + 4));
  }
}
