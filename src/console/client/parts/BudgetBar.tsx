import { useWords } from "../language.ts";

/** How much of a budget is used, in words and as a bar: near its end it is amber, at its end red. */
export function BudgetBar({ used, budget }: { used: number; budget: number | null }) {
  const { say } = useWords();
  if (budget === null) return <span className="soft">{say("reader.used", { used })}</span>;
  const share = budget === 0 ? 1 : Math.min(1, used / budget);
  const flags = share >= 1 ? { "data-full": "" } : share >= 0.8 ? { "data-near": "" } : {};
  return (
    <span className="budget" {...flags}>
      <span>{say("reader.of", { used, budget })}</span>
      <svg viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
        <rect className="track" width="100" height="6" />
        <rect className="left" width={share * 100} height="6" />
      </svg>
    </span>
  );
}
