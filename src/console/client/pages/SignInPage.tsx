import { useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { ApiProblem, postAuth } from "../api.ts";
import { useWords } from "../language.ts";
import { passkeysWork, provePasskey } from "../passkeys.ts";
import { CodeField } from "../parts/ConfirmFactor.tsx";
import { LookChoices } from "../parts/Shell.tsx";
import { Notice } from "../parts/States.tsx";
import { useSession } from "../session.ts";
import type { WordCode } from "../words/words.ts";

type Step = "password" | "code" | "recovery";

/** Passkey, or password and then a code. */
export function SignInPage() {
  const { say } = useWords();
  const { organisation } = useSession();
  const client = useQueryClient();
  const [step, setStep] = useState<Step>("password");
  const [refused, setRefused] = useState<WordCode | null>(null);
  async function attempt(act: () => Promise<{ next: string } | void>, word: WordCode): Promise<void> {
    try {
      setRefused(null);
      const answer = await act();
      if (answer?.next === "second-factor") setStep("code");
      else await client.resetQueries();
    } catch (problem) {
      const tooMany = problem instanceof ApiProblem && problem.status === 429;
      setRefused(tooMany ? "sign-in.too-many" : word);
    }
  }
  return (
    <div className="gate-page">
      <header>
        <h1>{say("sign-in.title")}</h1>
        <p className="soft">{say("sign-in.lead", { organisation })}</p>
      </header>
      {refused === null ? null : <Notice kind="attention">{say(refused)}</Notice>}
      {step === "password" ? (
        <>
          {passkeysWork() ? (
            <>
              <button
                type="button"
                className="button button-wide"
                onClick={() => attempt(provePasskey, "sign-in.passkey-refused")}
              >
                {say("sign-in.passkey")}
              </button>
              <p className="faint small">{say("sign-in.or")}</p>
            </>
          ) : null}
          <PasswordForm attempt={attempt} />
        </>
      ) : (
        <CodeForm key={step} step={step} attempt={attempt} onRecovery={() => setStep("recovery")} />
      )}
      <p className="faint small">{say("sign-in.no-sign-up")}</p>
      <div className="row">
        <LookChoices />
      </div>
    </div>
  );
}

type Attempt = (act: () => Promise<{ next: string } | void>, word: WordCode) => Promise<void>;

function PasswordForm({ attempt }: { attempt: Attempt }) {
  const { say } = useWords();
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  function send(event: FormEvent): void {
    event.preventDefault();
    void attempt(() => postAuth("/sign-in/email", { email, password }), "sign-in.refused");
  }
  return (
    <form className="stack" onSubmit={send}>
      <div className="field">
        <label htmlFor="email">{say("sign-in.email")}</label>
        <input
          id="email"
          className="input"
          type="email"
          autoComplete="username webauthn"
          required
          value={email}
          onChange={(event) => setEmail(event.target.value)}
        />
      </div>
      <div className="field">
        <label htmlFor="password">{say("sign-in.password")}</label>
        <input
          id="password"
          className="input"
          type="password"
          autoComplete="current-password"
          required
          value={password}
          onChange={(event) => setPassword(event.target.value)}
        />
      </div>
      <button type="submit" className="button button-main button-wide">
        {say("sign-in.go")}
      </button>
    </form>
  );
}

type CodeProps = { step: Step; attempt: Attempt; onRecovery: () => void };

function CodeForm({ step, attempt, onRecovery }: CodeProps) {
  const { say } = useWords();
  const [code, setCode] = useState("");
  const recovery = step === "recovery";
  function send(event: FormEvent): void {
    event.preventDefault();
    const path = recovery ? "/two-factor/verify-backup-code" : "/two-factor/verify-totp";
    void attempt(() => postAuth(path, { code: code.trim() }), "sign-in.code-refused");
  }
  return (
    <form className="stack" onSubmit={send}>
      {recovery ? (
        <div className="field">
          <label htmlFor="recovery">{say("sign-in.recovery-code")}</label>
          <input
            id="recovery"
            className="input figures"
            autoComplete="off"
            required
            value={code}
            onChange={(event) => setCode(event.target.value)}
          />
        </div>
      ) : (
        <>
          <p className="soft">{say("sign-in.code-lead")}</p>
          <CodeField label={say("sign-in.code")} value={code} onChange={setCode} />
        </>
      )}
      <button type="submit" className="button button-main button-wide">
        {say("sign-in.go")}
      </button>
      {recovery ? null : (
        <p>
          <button type="button" className="button-link" onClick={onRecovery}>
            {say("sign-in.recovery")}
          </button>
        </p>
      )}
    </form>
  );
}
