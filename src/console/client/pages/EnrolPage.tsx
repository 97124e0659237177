import { useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { ApiProblem, postAuth } from "../api.ts";
import { useWords } from "../language.ts";
import { addPasskey, passkeysWork } from "../passkeys.ts";
import { CodeField } from "../parts/ConfirmFactor.tsx";
import { QrCode } from "../parts/QrCode.tsx";
import { LookChoices, SignOut } from "../parts/Shell.tsx";
import { Notice } from "../parts/States.tsx";
import type { WordCode } from "../words/words.ts";
import { Field } from "../parts/Field.tsx";

type Setup = { totpURI: string; backupCodes: string[] };

/** The second factor: an authenticator app for everybody, and then a passkey for who wants one. */
export function EnrolPage() {
  const { say } = useWords();
  const client = useQueryClient();
  const [setup, setSetup] = useState<Setup | null>(null);
  const [done, setDone] = useState(false);
  const finish = () => client.resetQueries();
  return (
    <div className="gate-page">
      <header>
        <h1>{say("enrol.title")}</h1>
        <p className="soft">{say("enrol.lead")}</p>
      </header>
      {done ? <PasskeyStep onDone={finish} /> : null}
      {!done && setup === null ? <BeginStep onBegun={setSetup} /> : null}
      {!done && setup !== null ? (
        <CodeStep setup={setup} onDone={() => (passkeysWork() ? setDone(true) : void finish())} />
      ) : null}
      <div className="row">
        <LookChoices />
        <SignOut />
      </div>
    </div>
  );
}

function BeginStep({ onBegun }: { onBegun: (setup: Setup) => void }) {
  const { say } = useWords();
  const [password, setPassword] = useState("");
  const [refused, setRefused] = useState<WordCode | null>(null);
  async function send(event: FormEvent): Promise<void> {
    event.preventDefault();
    try {
      onBegun(await postAuth<Setup>("/two-factor/enable", { password }));
    } catch {
      setRefused("sign-in.refused");
    }
  }
  return (
    <form className="stack" onSubmit={send}>
      <p className="soft">{say("enrol.password")}</p>
      <Field
        id="current-password"
        label={say("sign-in.password")}
        value={password}
        onChange={setPassword}
        complete="current-password"
      />
      {refused === null ? null : <Notice kind="attention">{say(refused)}</Notice>}
      <button type="submit" className="button button-main button-wide">
        {say("enrol.begin")}
      </button>
    </form>
  );
}

function CodeStep({ setup, onDone }: { setup: Setup; onDone: () => void }) {
  const { say } = useWords();
  const [code, setCode] = useState("");
  const [refused, setRefused] = useState<WordCode | null>(null);
  const secret = new URL(setup.totpURI).searchParams.get("secret") ?? "";
  async function send(event: FormEvent): Promise<void> {
    event.preventDefault();
    try {
      await postAuth("/two-factor/verify-totp", { code: code.trim() });
      onDone();
    } catch (problem) {
      const tooMany = problem instanceof ApiProblem && problem.status === 429;
      setRefused(tooMany ? "sign-in.too-many" : "sign-in.code-refused");
    }
  }
  return (
    <form className="stack" onSubmit={send}>
      <p>{say("enrol.step-app")}</p>
      <QrCode text={setup.totpURI} label={say("enrol.step-app")} />
      <div className="field">
        <span className="label">{say("enrol.secret")}</span>
        <code className="figures" id="totp-secret">
          {secret.replace(/(.{4})(?=.)/g, "$1 ")}
        </code>
      </div>
      <p>{say("enrol.step-recovery")}</p>
      <ul className="codes" id="recovery-codes">
        {setup.backupCodes.map((each) => (
          <li key={each}>{each}</li>
        ))}
      </ul>
      <p>{say("enrol.step-code")}</p>
      <CodeField label={say("sign-in.code")} value={code} onChange={setCode} />
      {refused === null ? null : <Notice kind="attention">{say(refused)}</Notice>}
      <button type="submit" className="button button-main button-wide">
        {say("enrol.finish")}
      </button>
    </form>
  );
}

function PasskeyStep({ onDone }: { onDone: () => void }) {
  const { say } = useWords();
  const [state, setState] = useState<"offered" | "added" | "refused">("offered");
  async function add(): Promise<void> {
    try {
      await addPasskey(navigator.platform || "device");
      setState("added");
    } catch {
      setState("refused");
    }
  }
  return (
    <div className="stack">
      <p className="soft">{say("enrol.passkey-lead")}</p>
      {state === "added" ? <Notice kind="plain">{say("enrol.passkey-done")}</Notice> : null}
      {state === "refused" ? <Notice kind="attention">{say("sign-in.passkey-refused")}</Notice> : null}
      {state === "added" ? null : (
        <button type="button" className="button button-wide" onClick={add}>
          {say("enrol.passkey")}
        </button>
      )}
      <button type="button" className="button button-main button-wide" onClick={onDone}>
        {say("enrol.finish")}
      </button>
    </div>
  );
}
