import { useWords } from "../language.ts";
import { HOURS, type Hours } from "../trafficQueries.ts";

/** How far back a page looks. */
export function HoursChoice({ hours, onChoose }: { hours: Hours; onChoose: (hours: Hours) => void }) {
  const { say } = useWords();
  return (
    <div className="choice" role="group" aria-label={say("traffic.hours")}>
      {HOURS.map((each) => (
        <button key={each} type="button" aria-pressed={each === hours} onClick={() => onChoose(each)}>
          {say(`traffic.hours.${each}`)}
        </button>
      ))}
    </div>
  );
}
