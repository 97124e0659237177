import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { checkStamp, stampHash } from "./timeStamp.ts";

const missing = spawnSync("openssl", ["version"]).status === 0 ? false : "openssl is not installed";
const hash = createHash("sha256").update("ディスクの写し").digest();

/** A time-stamping authority of OpenSSL behind HTTP, with a root of its own. */
describe("stampHash() with openssl ts", { skip: missing }, () => {
  let folder: string;
  let server: Server;
  let url: string;
  let root: Buffer;
  let answer: (reply: Buffer) => Buffer = (reply) => reply;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "sekisho-tsa-"));
    const openssl = (...parameters: string[]) =>
      execFileSync("openssl", parameters, { cwd: folder, stdio: ["ignore", "pipe", "ignore"] });
    writeFileSync(
      join(folder, "ts.cnf"),
      `[tsa]
default_tsa = one
[one]
serial = serial
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ess_cert_id_alg = sha256
[root]
basicConstraints = critical,CA:true
[stamp]
basicConstraints = CA:false
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
`,
    );
    writeFileSync(join(folder, "serial"), "01\n");
    const req = ["req", "-newkey", "rsa:2048", "-nodes", "-config", "/dev/null"];
    const days = ["-days", "3650"];
    openssl("genrsa", "-out", "root.key", "2048");
    const conf = "[req]\ndistinguished_name=dn\n[dn]\n";
    writeFileSync(join(folder, "req.cnf"), conf);
    req.splice(4, 2, "-config", "req.cnf");
    const ext = ["-extfile", "ts.cnf"];
    openssl(
      "req",
      "-new",
      "-key",
      "root.key",
      "-subj",
      "/CN=Test root",
      "-config",
      "req.cnf",
      "-out",
      "root.csr",
    );
    openssl(
      "x509",
      "-req",
      "-in",
      "root.csr",
      "-signkey",
      "root.key",
      ...ext,
      "-extensions",
      "root",
      ...days,
      "-out",
      "root.pem",
    );
    openssl(...req, "-subj", "/CN=Test TSA", "-keyout", "tsa.key", "-out", "tsa.csr");
    const signed = ["-CA", "root.pem", "-CAkey", "root.key", "-CAcreateserial"];
    openssl(
      "x509",
      "-req",
      "-in",
      "tsa.csr",
      ...signed,
      ...ext,
      "-extensions",
      "stamp",
      ...days,
      "-out",
      "tsa.pem",
    );
    openssl("x509", "-in", "root.pem", "-outform", "DER", "-out", "root.der");
    root = readFileSync(join(folder, "root.der"));
    server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on("data", (part: Buffer) => parts.push(part));
      request.on("end", () => {
        writeFileSync(join(folder, "query"), Buffer.concat(parts));
        openssl(
          "ts",
          "-reply",
          "-config",
          "ts.cnf",
          "-section",
          "one",
          "-queryfile",
          "query",
          "-signer",
          "tsa.pem",
          "-inkey",
          "tsa.key",
          "-chain",
          "root.pem",
          "-out",
          "reply",
        );
        response.writeHead(200, { "content-type": "application/timestamp-reply" });
        response.end(answer(readFileSync(join(folder, "reply"))));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  });
  after(async () => {
    await new Promise((resolve) => server?.close(resolve));
    rmSync(folder, { recursive: true, force: true });
  });

  test("gets a token of this moment that leads to the trusted root, and can be checked again", async () => {
    const began = Date.now();
    const { token, at } = await stampHash(url, hash, [root]);
    assert.ok(Math.abs(at.epochMilliseconds - began) < 60_000);
    assert.equal((await checkStamp(token, hash, [root])).toString(), at.toString());
    await assert.rejects(checkStamp(token, createHash("sha256").update("other").digest()), /another hash/);
    writeFileSync(join(folder, "token"), token);
    writeFileSync(join(folder, "hash"), hash.toString("hex"));
    const check = ["ts", "-verify", "-digest", hash.toString("hex"), "-in", "token", "-token_in"];
    const outside = spawnSync("openssl", [...check, "-CAfile", "root.pem"], {
      cwd: folder,
      encoding: "utf8",
    });
    assert.match(outside.stdout + outside.stderr, /Verification: OK/);
  });

  test("refuses what was tampered with, what is no answer, and a foreign root", async () => {
    const { token } = await stampHash(url, hash);
    const changed = Buffer.from(token);
    changed[changed.length - 20] = (changed.at(-20) as number) ^ 1;
    await assert.rejects(checkStamp(changed, hash), { code: "peer-unavailable" });
    answer = () => Buffer.from("no such page");
    await assert.rejects(stampHash(url, hash), /no TimeStampResp/);
    answer = () => Buffer.alloc(100_000);
    await assert.rejects(stampHash(url, hash), /too long/);
    answer = (reply) => reply;
    const other = readFileSync(join(folder, "tsa.pem"));
    const der = Buffer.from(other.toString().replace(/-----[^-]+-----|\s/g, ""), "base64");
    const own = await stampHash(url, hash, [der]).catch((error: Error) => error.message);
    assert.ok(typeof own === "object" || /certificate/.test(own));
    await assert.rejects(stampHash("http://127.0.0.1:1/", hash), { code: "peer-unavailable" });
  });
});
