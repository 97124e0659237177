import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState, type FormEvent } from "react";
import { api, ApiProblem, read } from "../api.ts";
import { useWords, type Say } from "../language.ts";
import { Field } from "../parts/Field.tsx";
import { LookChoices } from "../parts/Shell.tsx";
import { EmptyState, Notice, ProblemNotice, Shown } from "../parts/States.tsx";
import { useSession } from "../session.ts";

/** Where a one-time link leads: name, address and password, and then to the second factor. */
export function WelcomePage() {
  const { say } = useWords();
  const [token] = useState(() => location.hash.slice(1));
  const query = useQuery({
    queryKey: ["link", token],
    queryFn: () => read(api.links.open.$post({ json: { token } })),
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const gone = query.error instanceof ApiProblem && query.error.status < 500;
  return (
    <div className="gate-page">
      {gone ? (
        <EmptyState title="welcome.invalid" next="welcome.invalid-next" />
      ) : (
        <>
          <h1>{say("welcome.title")}</h1>
          <Shown query={query}>{(link) => <WelcomeForm token={token} link={link} />}</Shown>
        </>
      )}
      <div className="row">
        <LookChoices />
      </div>
    </div>
  );
}

type OpenedLink = {
  kind: "first" | "invite" | "reset";
  email: string | null;
  name: string | null;
  roles: Parameters<typeof rolesInWords>[1];
};

function rolesInWords(
  say: Say,
  roles: ("operator" | "analyst" | "approver" | "privacy-officer" | "administrator" | "auditor")[],
): string {
  return roles.map((role) => say(`role.${role}`)).join(say("answer.comma"));
}

function WelcomeForm({ token, link }: { token: string; link: OpenedLink }) {
  const { say } = useWords();
  const { passwordCharactersMin } = useSession();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [name, setName] = useState(link.name ?? "");
  const [email, setEmail] = useState(link.email ?? "");
  const [password, setPassword] = useState("");
  const [error, setError] = useState<unknown>(null);
  const short = password !== "" && password.length < passwordCharactersMin;
  async function send(event: FormEvent): Promise<void> {
    event.preventDefault();
    try {
      setError(null);
      await read(api.links.use.$post({ json: { token, name, email, password } }));
      await navigate({ to: "/gates", replace: true });
      await client.resetQueries();
    } catch (problem) {
      setError(problem);
    }
  }
  const lead = { first: "welcome.first", invite: "welcome.invite", reset: "welcome.reset" } as const;
  const taken = error instanceof ApiProblem && error.status === 409;
  return (
    <form className="stack" onSubmit={send}>
      <p className="soft">{say(lead[link.kind], { roles: rolesInWords(say, link.roles) })}</p>
      <Field id="name" label={say("welcome.name")} value={name} onChange={setName} complete="name" />
      <Field id="email" label={say("sign-in.email")} value={email} onChange={setEmail} complete="username" />
      <Field
        id="new-password"
        label={say("welcome.password", { count: passwordCharactersMin })}
        value={password}
        onChange={setPassword}
        complete="new-password"
      />
      {short ? (
        <p className="small soft">{say("welcome.password-short", { count: passwordCharactersMin })}</p>
      ) : null}
      {taken ? <Notice kind="attention">{say("welcome.taken")}</Notice> : <ProblemNotice error={error} />}
      <button type="submit" className="button button-main button-wide" disabled={short}>
        {say("welcome.go")}
      </button>
    </form>
  );
}
