import type { Socket } from "node:net";
import { TLSSocket, type SecureContext } from "node:tls";
import { makeUuidV7 } from "../../../lib/identifier.ts";
import { textOfError } from "../../../lib/error.ts";
import type { Gatehouse } from "../gatehouse.ts";
import { SessionWatch } from "../sessionWatch.ts";
import type { PersonAt } from "../threadLink.ts";
import { readInto } from "./acceptedSocket.ts";
import { openServer, type OpenServer, type ServerAddress } from "./openServer.ts";
import { PersonSignIn } from "./personSignIn.ts";
import {
  client as messages,
  codes,
  encodeError,
  server as types,
  terminateMessage,
  type Refusal,
} from "./protocol.ts";
import { ServerLogin } from "./serverLogin.ts";
import { cannotConnect, malformed, needsTls, noReplication, wrongPassword } from "./signInRefusals.ts";
import { ReadBuffer } from "./readBuffer.ts";
import { Session } from "./session.ts";
import { asksForReplication, encodeStartup, readFirstWord, type Startup } from "./startup.ts";

export const limits = {
  /** From the first byte to the end of the sign-in. */
  signInMsMax: 60_000,
  /** Bytes that may wait to be written to either side before the other is not read. */
  waitingBytesMax: 1024 ** 2,
} as const;

export type ConnectionOptions = {
  house: Gatehouse;
  server: ServerAddress;
  tls: { context: SecureContext; binding: Buffer; required: boolean } | null;
  /** Sessions by the key of their CancelRequest, hex. */
  sessions: Map<string, Connection>;
  onClose: (connection: Connection) => void;
};

/** The last sentence before a connection is closed. */
class Refused extends Error {
  readonly refusal: Refusal;
  constructor(refusal: Refusal) {
    super(refusal.message);
    this.refusal = refusal;
  }
}

/** The sockets of one client: its first words, its sign-in, and then the session between both. */
export class Connection {
  readonly #options: ConnectionOptions;
  #client: Socket;
  readonly #fromClient: ReadBuffer;
  #server: OpenServer | null = null;
  #session: Session | null = null;
  #watch: SessionWatch | null = null;
  #early: Buffer = Buffer.alloc(0);
  #hear: (() => void) | null = null;
  #encrypted = false;
  #closed = false;
  #key = "";
  readonly #timer: NodeJS.Timeout;

  /** An accepted socket, paused from its birth. */
  constructor(accepted: Socket, options: ConnectionOptions) {
    this.#fromClient = new ReadBuffer();
    this.#fromClient.reader = this.#onData;
    this.#client = readInto(accepted, this.#fromClient);
    this.#options = options;
    this.#timer = setTimeout(() => this.close(), limits.signInMsMax);
    options.house.count("connections");
    this.#listen(this.#client);
    void this.#serve();
  }

  #listen(socket: Socket): void {
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 60_000);
    socket.on("error", () => this.close());
    socket.on("close", () => this.close());
  }

  readonly #onData = (bytes: Buffer): void => {
    const session = this.#session;
    if (session === null) return this.#hearEarly(bytes);
    try {
      session.fromClient(bytes);
    } catch (error) {
      this.#endFor(error);
    }
  };

  /** The bytes are copied: their buffer is read into again. */
  #hearEarly(bytes: Buffer): void {
    this.#early = Buffer.concat([this.#early, bytes]);
    if (this.#early.length > limits.waitingBytesMax) this.close();
    this.#passPasswords();
    this.#hear?.();
  }

  /** A mistake of ours in one session ends that session, and holds no lock. */
  #endFor(error: unknown): void {
    this.#options.house.send({ type: "problem", problem: `a session was ended: ${textOfError(error)}` });
    this.#watch?.release();
    this.close();
  }

  async #serve(): Promise<void> {
    try {
      const startup = await this.#greet();
      if (startup === null) return;
      await this.#begin(startup);
      clearTimeout(this.#timer);
    } catch (error) {
      if (error instanceof Refused) this.#refuse(error.refusal);
      else this.#refuse(cannotConnect(error));
    }
  }

  #refuse(refusal: Refusal): void {
    if (this.#closed) return;
    this.#client.end(encodeError(refusal, "FATAL"));
    clearTimeout(this.#timer);
    setTimeout(() => this.close(), 1_000).unref();
  }

  /** More bytes of the client. */
  #more(): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#closed) reject(new Error("the client has left"));
      this.#hear = () => {
        this.#hear = null;
        if (this.#closed) reject(new Error("the client has left"));
        else resolve();
      };
    });
  }

  /** Up to the startup message; null where it was only a CancelRequest. */
  async #greet(): Promise<Startup | null> {
    const { tls } = this.#options;
    for (;;) {
      const word = readFirstWord(this.#early);
      if (word.say === "more") await this.#more();
      else if (word.say === "malformed") throw new Refused(malformed(word.problem));
      else if (word.say === "gss") {
        this.#early = word.rest;
        this.#client.write("N");
      } else if (word.say === "ssl" || word.say === "tls-hello") {
        if (word.say === "ssl") {
          // Whoever talks on before the answer is not the client (CVE-2021-23214).
          if (word.rest.length > 0) throw new Refused(malformed("bytes before the answer to SSLRequest"));
          this.#early = Buffer.alloc(0);
          this.#client.write(tls === null || this.#encrypted ? "N" : "S");
          if (tls === null || this.#encrypted) continue;
        } else if (tls === null || this.#encrypted)
          throw new Refused(malformed("TLS is not configured here"));
        await this.#encrypt();
      } else if (word.say === "cancel") {
        await this.#passCancel(word.packet, word.key);
        return null;
      } else {
        this.#early = word.rest;
        if (tls?.required === true && !this.#encrypted) throw new Refused(needsTls);
        return word.startup;
      }
    }
  }

  #encrypt(): Promise<void> {
    const plain = this.#client;
    const early = this.#early;
    this.#early = Buffer.alloc(0);
    if (early.length > 0) {
      plain.pause();
      plain.unshift(early);
    }
    const { context } = this.#options.tls as { context: SecureContext };
    const socket = new TLSSocket(plain, {
      isServer: true,
      secureContext: context,
      ALPNProtocols: ["postgresql"],
    });
    this.#client = socket;
    this.#encrypted = true;
    this.#listen(socket);
    socket.on("data", this.#onData);
    return new Promise((resolve, reject) => {
      socket.once("secure", resolve);
      socket.once("close", () => reject(new Error("TLS failed")));
    });
  }

  /** The server gets it as it came; a statement that waits here for an approval is taken back here. */
  async #passCancel(packet: Buffer, key: string): Promise<void> {
    const { house, sessions, server } = this.#options;
    const own = sessions.get(key);
    if (own === undefined) house.send({ type: "cancel-held", key });
    else own.cancelHeld();
    await sendCancel(server, packet).catch(() => {});
    this.#client.end();
    this.close();
  }

  /** A CancelRequest for this session has come, here or in another thread. */
  cancelHeld(): void {
    this.#watch?.withdraw();
  }

  async #begin(startup: Startup): Promise<void> {
    const { house } = this.#options;
    const { settings } = house.data;
    const { parameters } = startup;
    const login = parameters["user"] ?? "";
    if (login === "") throw new Refused(malformed("no user"));
    if (asksForReplication(parameters)) throw new Refused(noReplication);
    const person = settings.persons.find((one) => one.login === login);
    if (settings.signIn === "gate") await this.#signIn(startup, login);
    const who = this.#whoIs(parameters, login);
    const judges = databasesOf(house).includes(who.database);
    const server = await openServer(this.#options.server);
    if (this.#closed) {
      server.socket.destroy();
      return;
    }
    this.#server = server;
    server.socket.on("error", () => {});
    server.socket.on("close", () => this.#serverLeft());
    const first =
      settings.signIn === "gate"
        ? await this.#logIn(server, startup, person?.account ?? null)
        : await this.#relayLogin(server, startup);
    // Only who has signed in gets a budget: names alone take no memory.
    server.socket.pause();
    const fuse = await house.fuseOf(login, who.group ?? "", null);
    if (this.#closed) return;
    const watch = new SessionWatch(house, who, { judges, fuse });
    this.#watch = watch;
    this.#join(server, watch);
    this.#onServerData(first);
    server.socket.resume();
    const early = this.#early;
    this.#early = Buffer.alloc(0);
    if (early.length > 0) this.#onData(early);
  }

  /** Where passwords go, while the server asks for one. */
  #relay: Socket | null = null;

  /** Only answers to the server's question go on unseen: a statement behind them waits for its judge. */
  #passPasswords(): void {
    while (this.#relay !== null && this.#early.length >= 5 && this.#early[0] === messages.password) {
      const end = 1 + this.#early.readUInt32BE(1);
      if (this.#early.length < end) return;
      this.#relay.write(this.#early.subarray(0, end));
      this.#early = this.#early.subarray(end);
    }
  }

  /** Passes the sign-in on as it is; gives what the server says from AuthenticationOk on. */
  #relayLogin(server: OpenServer, startup: Startup): Promise<Buffer> {
    server.socket.write(encodeStartup(startup));
    this.#relay = server.socket;
    this.#passPasswords();
    return new Promise((resolve, reject) => {
      let bytes = Buffer.alloc(0);
      let done = false;
      server.socket.once("close", () => reject(new Error("the server closed the connection")));
      server.read((chunk) => {
        bytes = Buffer.concat([bytes, chunk]);
        while (!done && bytes.length >= 9 && bytes.length > bytes.readUInt32BE(1)) {
          const end = 1 + bytes.readUInt32BE(1);
          done = bytes[0] === types.authentication && bytes.readUInt32BE(5) === 0;
          if (done) break;
          this.#client.write(Buffer.from(bytes.subarray(0, end)));
          bytes = bytes.subarray(end);
        }
        if (bytes.length > limits.waitingBytesMax) reject(new Error("the server says too much"));
        if (!done) return;
        this.#relay = null;
        resolve(bytes);
      }, null);
    });
  }

  #whoIs(parameters: Record<string, string>, login: string): PersonAt {
    const { settings } = this.#options.house.data;
    const known = settings.persons.find((one) => one.login === login);
    return {
      person: login,
      email: known?.email ?? null,
      group: known?.group ?? settings.policy.defaultGroup ?? null,
      service: known?.service ?? false,
      session: makeUuidV7(Date.now()),
      client: this.#client.remoteAddress ?? "local",
      application: (parameters["application_name"] ?? "").slice(0, 64),
      database: parameters["database"] ?? login,
      purpose: null,
    };
  }

  /** The person proves to the gate who she is. */
  async #signIn(startup: Startup, login: string): Promise<void> {
    const { house, tls } = this.#options;
    const signIn = new PersonSignIn({
      login,
      verifier: house.verifiers[login] ?? null,
      secret: Buffer.from(house.data.secret),
      binding: this.#encrypted ? (tls?.binding ?? null) : null,
    });
    if (startup.version !== codes.protocol30) {
      // The gate signs in for others, and knows protocol 3.0 of every server.
      this.#client.write(signIn.negotiate(startup));
      startup.version = codes.protocol30;
    }
    this.#client.write(signIn.begin());
    for (;;) {
      const step = signIn.push(this.#early);
      this.#early = step.rest;
      if (step.send !== null) this.#client.write(step.send);
      if (step.problem !== null) {
        house.count("signInsRefused");
        throw new Refused(wrongPassword(login));
      }
      if (step.done) return;
      await this.#more();
    }
  }

  /** The gate proves to the server who it is, with an account that the person does not know. */
  async #logIn(server: OpenServer, startup: Startup, account: string | null): Promise<Buffer> {
    const { data } = this.#options.house;
    const user = account ?? data.settings.accounts[0]?.user ?? "";
    const login = new ServerLogin({
      user,
      password: data.passwords[user] ?? null,
      binding: server.binding,
    });
    const parameters: Record<string, string> = { ...startup.parameters, user };
    parameters["database"] ??= startup.parameters["user"] as string;
    return new Promise((resolve, reject) => {
      let turn = Promise.resolve();
      server.socket.once("close", () => reject(new Error("the server closed the connection")));
      server.read((bytes) => {
        const copy = Buffer.from(bytes);
        turn = turn.then(async () => {
          const step = await login.push(copy);
          if (step.do === "send") server.socket.write(step.bytes);
          else if (step.do === "done") resolve(step.rest);
          else if (step.do === "fail") reject(new Error(step.problem));
        }, reject);
      }, null);
      server.socket.write(encodeStartup({ version: codes.protocol30, parameters }));
    });
  }

  /* ---- the session ---- */

  #join(server: OpenServer, watch: SessionWatch): void {
    const client = this.#client;
    const session = new Session(
      {
        toClient: (bytes) => void client.write(bytes),
        toServer: (bytes) => {
          if (!server.socket.write(bytes)) client.pause();
        },
        cancel: (done) => this.#cancel(done),
        pauseClient: () => void client.pause(),
        resumeClient: () => this.#resumeClient(),
        end: () => this.#endBoth(),
      },
      watch,
    );
    watch.notify = (notice) => session.notify(notice);
    this.#session = session;
    this.#fromClient.target = server.socket;
    server.socket.on("drain", () => {
      this.#fromClient.settle();
      this.#resumeClient();
    });
    client.on("drain", () => {
      server.settle();
      server.socket.resume();
    });
    server.read(this.#onServerData, client);
  }

  #resumeClient(): void {
    const session = this.#session;
    if (session === null || this.#closed) return;
    if (session.client.waiting > limits.waitingBytesMax) return;
    if (this.#server?.socket.writableNeedDrain !== true) this.#client.resume();
  }

  readonly #onServerData = (bytes: Buffer): void => {
    const session = this.#session;
    if (session === null || this.#closed) return;
    try {
      session.fromServer(bytes);
    } catch (error) {
      this.#endFor(error);
    }
    if (this.#key === "" && session.cancelKey !== null) this.#register(session.cancelKey);
    if (this.#client.writableNeedDrain) this.#server?.socket.pause();
  };

  #register(key: Buffer): void {
    this.#key = key.toString("hex");
    this.#options.sessions.set(this.#key, this);
  }

  #cancel(done: () => void): void {
    const key = this.#session?.cancelKey;
    if (key == null) return done();
    const packet = Buffer.concat([Buffer.alloc(8), key]);
    packet.writeUInt32BE(packet.length, 0);
    packet.writeUInt32BE(codes.cancel, 4);
    sendCancel(this.#options.server, packet).then(done, done);
  }

  #serverLeft(): void {
    this.#session?.end();
    if (this.#closed) return;
    this.#client.end();
    setTimeout(() => this.close(), 5_000).unref();
  }

  #endBoth(): void {
    this.#client.end();
    this.#server?.socket.end(terminateMessage);
    setTimeout(() => this.close(), 1_000).unref();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#watch?.withdraw();
    this.#session?.end();
    if (this.#key !== "") this.#options.sessions.delete(this.#key);
    this.#client.destroy();
    const server = this.#server?.socket;
    if (server !== undefined && !server.destroyed) {
      server.end(terminateMessage);
      setTimeout(() => server.destroy(), 1_000).unref();
    }
    this.#options.house.count("closed");
    this.#options.onClose(this);
    this.#hear?.();
  }
}

/** Sends a CancelRequest on a connection of its own; resolves when the server has closed it. */
async function sendCancel(address: ServerAddress, packet: Buffer): Promise<void> {
  const { socket } = await openServer(address);
  await new Promise<void>((resolve) => {
    socket.on("close", () => resolve());
    socket.on("error", () => resolve());
    setTimeout(() => socket.destroy(), 5_000).unref();
    socket.resume();
    socket.write(packet);
  });
}

function databasesOf({ data }: Gatehouse): readonly string[] {
  const { databases, watcher } = data.settings;
  return databases.length > 0 || watcher === undefined ? databases : [watcher.database];
}
