import { createHmac } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Keyring } from "../../ledger/keyring.ts";
import { realDisk } from "../../lib/disk.ts";
import { migrate } from "../../lib/sql/migrate.ts";
import { openState, type State } from "../../lib/sql/openState.ts";
import { migrations } from "../migrations/index.ts";
import { createApp, type App } from "./createApp.ts";
import { createTestServices, type TestServices } from "./testServices.ts";

export const TEST_ORIGIN = "http://localhost:7000";

export type TestApp = App & {
  services: TestServices;
  state: State;
  dataFolder: string;
  close(): Promise<void>;
};

/** The whole HTTP side on services in memory. */
export async function openTestApp(options: {
  mails: number;
  state?: State;
  origin?: string;
}): Promise<TestApp> {
  const folder = mkdtempSync(join(tmpdir(), "sekisho-app-"));
  const state = options.state ?? (await openState({ folder }));
  await migrate(state.db, migrations);
  const services = createTestServices({
    mails: options.mails,
    dataFolder: folder,
    db: state.db,
    keyring: await Keyring.open(realDisk, join(folder, "keys")),
    nameOf: async (id) => {
      const found = state.db.selectFrom("person").select("name").where("id", "=", id).executeTakeFirst();
      return ((await found) as { name: string } | undefined)?.name ?? null;
    },
  });
  const app = await createApp({
    services,
    db: state.db,
    config: {
      origin: options.origin ?? TEST_ORIGIN,
      cookieSecure: false,
      organisation: "Example Travel",
      dataFolder: folder,
      sessionSecret: "test-secret-test-secret-test-secret-1",
    },
    consoleFolder: join(import.meta.dirname, "../../../dist/console"),
  });
  const close = async (): Promise<void> => {
    await services.scope.close();
    await state.close();
    rmSync(folder, { recursive: true, force: true });
  };
  return { ...app, services, state, dataFolder: folder, close };
}

/** A browser without pages: keeps cookies and sends what a browser sends. */
export class TestClient {
  readonly #app: App["app"];
  readonly cookies = new Map<string, string>();

  constructor(app: App["app"]) {
    this.#app = app;
  }

  async send(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Response> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const own = { Cookie: cookie, Origin: TEST_ORIGIN, "Content-Type": "application/json" };
    const init: RequestInit = { method, headers: { ...own, ...headers } };
    if (body instanceof Uint8Array) init.body = Uint8Array.from(body);
    else if (body !== undefined) init.body = JSON.stringify(body);
    const response = await this.#app.request(`${TEST_ORIGIN}${path}`, init);
    for (const line of response.headers.getSetCookie()) {
      const [pair = ""] = line.split(";");
      const [name = "", value = ""] = pair.split(/=(.*)/s);
      if (value === "" || /Max-Age=0/i.test(line)) this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    return response;
  }

  async json<T = any>(method: string, path: string, body?: unknown): Promise<T> {
    return (await (await this.send(method, path, body)).json()) as T;
  }

  /** Comes in by a one-time link and sets up TOTP; returns the TOTP secret. */
  async join(address: string, person: { name: string; email: string; password: string }): Promise<string> {
    const token = address.split("#")[1];
    await this.send("POST", "/api/links/use", { token, ...person });
    const { password } = person;
    const { totpURI } = await this.json("POST", "/api/auth/two-factor/enable", { password });
    const secret = new URL(totpURI).searchParams.get("secret") ?? "";
    await this.send("POST", "/api/auth/two-factor/verify-totp", { code: totpOf(secret) });
    return secret;
  }
}

/** The code that an authenticator app would show. RFC 6238 4. */
export function totpOf(secretBase32: string, at = Date.now()): string {
  const bits = [...secretBase32.replace(/=+$/, "")]
    .map((letter) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter).toString(2).padStart(5, "0"))
    .join("");
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(at / 30_000)));
  const hash = createHmac("sha1", key).update(counter).digest();
  const offset = (hash.at(-1) ?? 0) & 0x0f;
  return String((hash.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}
