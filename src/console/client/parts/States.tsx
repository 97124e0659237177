import type { ReactNode } from "react";
import { ApiProblem } from "../api.ts";
import { useWords } from "../language.ts";
import type { WordCode } from "../words/words.ts";

/** Nothing is here, and why, and what comes next. */
export function EmptyState({
  title,
  next,
  children,
}: {
  title: WordCode;
  next?: WordCode;
  children?: ReactNode;
}) {
  const { say } = useWords();
  return (
    <div className="state">
      <h2>{say(title)}</h2>
      {next === undefined ? null : <p className="soft">{say(next)}</p>}
      {children}
    </div>
  );
}

/** The room that the rows will take, so that nothing jumps when they come. */
export function LoadingState({ rows = 6 }: { rows?: number }) {
  const { say } = useWords();
  return (
    <div className="skeleton" role="status">
      <span className="hidden-visually">{say("state.loading")}</span>
      {Array.from({ length: rows }, (_, index) => (
        <span key={index} style={{ width: `${88 - ((index * 23) % 40)}%` }} aria-hidden="true" />
      ))}
    </div>
  );
}

export function ForbiddenState() {
  return <EmptyState title="state.forbidden" next="state.forbidden-next" />;
}

/** What failed, in words, with what is unaffected and a way to try again. */
export function BrokenState({ error, again }: { error: unknown; again?: () => void }) {
  const { say } = useWords();
  if (error instanceof ApiProblem && error.code === "not-permitted") return <ForbiddenState />;
  if (error instanceof ApiProblem && error.status === 404) {
    return <EmptyState title="state.missing" next="state.missing-next" />;
  }
  const detail = error instanceof Error ? error.message : String(error);
  return (
    <div className="state" role="alert">
      <h2>{say("state.broken")}</h2>
      <p className="soft">{say("state.broken-next")}</p>
      {detail === "" ? null : <p className="faint small">{detail}</p>}
      {again === undefined ? null : (
        <button type="button" className="button" onClick={again}>
          {say("state.again")}
        </button>
      )}
    </div>
  );
}

type QueryLike<T> = { data: T | undefined; error: unknown; isPending: boolean; refetch: () => unknown };

/** Shows a query's data, or the state that it is in. Old data stays when a later fetch fails. */
export function Shown<T>({ query, children }: { query: QueryLike<T>; children: (data: T) => ReactNode }) {
  if (query.data !== undefined) return children(query.data);
  if (query.isPending) return <LoadingState />;
  return <BrokenState error={query.error} again={() => query.refetch()} />;
}

/** A line that says something is wrong or was done, beside the act it is about. */
export function Notice({
  kind,
  children,
}: {
  kind: "plain" | "attention" | "act" | "held";
  children: ReactNode;
}) {
  return (
    <div className={kind === "plain" ? "notice" : `notice notice-${kind}`} role="status">
      <div className="stack-tight">{children}</div>
    </div>
  );
}

/** What a refused act says, in the reader's language where there is a word for its code. */
export function ProblemNotice({ error }: { error: unknown }) {
  const { say } = useWords();
  if (error === null || error === undefined) return null;
  if (error instanceof DOMException)
    return <Notice kind="attention">{say("sign-in.passkey-refused")}</Notice>;
  if (!(error instanceof ApiProblem)) return <Notice kind="attention">{String(error)}</Notice>;
  const code = PROBLEM_WORDS[error.code];
  return (
    <Notice kind="attention">
      <p>{code === undefined ? error.message : say(code)}</p>
      {error.hint === "" ? null : <p>{error.hint}</p>}
    </Notice>
  );
}

const PROBLEM_WORDS: Partial<Record<ApiProblem["code"], WordCode>> = {
  "too-many-requests": "state.too-many",
  "sign-in-refused": "profile.wrong",
  unreachable: "state.broken",
  failed: "state.broken",
};
