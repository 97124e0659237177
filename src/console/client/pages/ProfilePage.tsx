import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState, type FormEvent } from "react";
import { ApiProblem, getAuth, postAuth } from "../api.ts";
import { useWords } from "../language.ts";
import { addPasskey, passkeysWork } from "../passkeys.ts";
import { LookChoices, SignOut } from "../parts/Shell.tsx";
import { Moment } from "../parts/Moment.tsx";
import { PageHead } from "../parts/PageHead.tsx";
import { Notice, ProblemNotice, Shown } from "../parts/States.tsx";
import { useMay, useSession } from "../session.ts";
import { Field } from "../parts/Field.tsx";

type Passkey = { id: string; name: string | null; createdAt: string };

/** One's own passkeys, password and look. */
export function ProfilePage() {
  const { say } = useWords();
  const { person } = useSession();
  const seesPeople = useMay("people.view");
  const roles = person?.roles.map((role) => say(`role.${role}`)).join(say("answer.comma")) ?? "";
  return (
    <>
      <PageHead title={person?.name ?? ""} lead={roles}>
        {seesPeople ? <Link to="/people">{say("nav.people")}</Link> : null}
      </PageHead>
      <div className="stack" style={{ maxWidth: 560, gap: 32 }}>
        <section className="section">
          <h2>{say("profile.look")}</h2>
          <div className="row" style={{ gap: 32 }}>
            <LookChoices />
          </div>
        </section>
        <section className="section">
          <h2>{say("profile.passkeys")}</h2>
          <Passkeys />
        </section>
        <section className="section">
          <h2>{say("profile.password")}</h2>
          <PasswordForm />
        </section>
        <SignOut />
      </div>
    </>
  );
}

function Passkeys() {
  const { say } = useWords();
  const client = useQueryClient();
  const [name, setName] = useState("");
  const [error, setError] = useState<unknown>(null);
  const query = useQuery({
    queryKey: ["passkeys"],
    queryFn: () => getAuth<Passkey[]>("/passkey/list-user-passkeys"),
  });
  async function attempt(act: () => Promise<unknown>): Promise<void> {
    try {
      setError(null);
      await act();
      setName("");
      await client.invalidateQueries({ queryKey: ["passkeys"] });
    } catch (problem) {
      setError(problem);
    }
  }
  function add(event: FormEvent): void {
    event.preventDefault();
    void attempt(() => addPasskey(name));
  }
  const stale = error instanceof ApiProblem && error.status === 403;
  return (
    <>
      <Shown query={query}>
        {(passkeys) => (
          <PasskeyList
            passkeys={passkeys}
            onRemove={(id) => attempt(() => postAuth("/passkey/delete-passkey", { id }))}
          />
        )}
      </Shown>
      {stale ? <Notice kind="attention">{say("profile.fresh")}</Notice> : <ProblemNotice error={error} />}
      {passkeysWork() ? (
        <form className="row" style={{ alignItems: "flex-end" }} onSubmit={add}>
          <Field
            id="passkey-name"
            label={say("profile.passkey-name")}
            value={name}
            onChange={setName}
            complete="off"
          />
          <button type="submit" className="button">
            {say("profile.add-passkey")}
          </button>
        </form>
      ) : (
        <p className="soft">{say("profile.passkeys-not-here")}</p>
      )}
    </>
  );
}

function PasskeyList({ passkeys, onRemove }: { passkeys: Passkey[]; onRemove: (id: string) => void }) {
  const { say } = useWords();
  if (passkeys.length === 0) return <p className="soft">{say("profile.no-passkeys")}</p>;
  return (
    <ul className="stack-tight">
      {passkeys.map((passkey) => (
        <li key={passkey.id} className="row spread">
          <strong>{passkey.name ?? passkey.id}</strong>
          <span className="soft">
            <Moment at={passkey.createdAt} />
          </span>
          <button type="button" className="button-link" onClick={() => onRemove(passkey.id)}>
            {say("people.remove")}
          </button>
        </li>
      ))}
    </ul>
  );
}

function PasswordForm() {
  const { say } = useWords();
  const [now, setNow] = useState("");
  const [next, setNext] = useState("");
  const [result, setResult] = useState<{ done: boolean } | { error: unknown } | null>(null);
  async function send(event: FormEvent): Promise<void> {
    event.preventDefault();
    try {
      const body = { currentPassword: now, newPassword: next, revokeOtherSessions: true };
      await postAuth("/change-password", body);
      setNow("");
      setNext("");
      setResult({ done: true });
    } catch (error) {
      setResult({ error });
    }
  }
  return (
    <form className="stack" onSubmit={send}>
      <Field
        id="password-now"
        label={say("profile.password-now")}
        value={now}
        onChange={setNow}
        complete="current-password"
      />
      <Field
        id="password-new"
        label={say("profile.password-new")}
        value={next}
        onChange={setNext}
        complete="new-password"
      />
      {result !== null && "done" in result ? (
        <Notice kind="plain">{say("profile.password-done")}</Notice>
      ) : null}
      {result !== null && "error" in result ? <Notice kind="attention">{say("profile.wrong")}</Notice> : null}
      <p>
        <button type="submit" className="button">
          {say("profile.password-go")}
        </button>
      </p>
    </form>
  );
}
