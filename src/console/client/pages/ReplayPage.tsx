import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { Said } from "../../../gate.ts";
import { duration } from "../formats.ts";
import { useWords } from "../language.ts";
import { Moment } from "../parts/Moment.tsx";
import { PageHead } from "../parts/PageHead.tsx";
import { EmptyState, Shown } from "../parts/States.tsx";
import { replayQuery } from "../queries.ts";

type Delay = { code: string; what: Said; from: string; until: string; days: number; seconds: number | null };

const dayMs = 86_400_000;
/** Both lines on one scale of powers of ten, from a tenth of a second to a hundred days. */
const [least, most] = [0.1, 100 * 86_400];

/** How far along the scale a time is, 0 to 100. */
function placeOf(seconds: number): number {
  const share = Math.log(Math.max(seconds, least) / least) / Math.log(most / least);
  return Math.min(100, 100 * share);
}

/** What took days in 2016, and how long it took here when it was played last. */
export function ReplayPage() {
  const { say } = useWords();
  const query = useQuery(replayQuery);
  return (
    <>
      <PageHead title={say("replay.title")} lead={say("replay.lead")} />
      <Shown query={query}>
        {({ rows }) => {
          const entry = rows[0]?.entry;
          if (entry === undefined) return <EmptyState title="replay.none" next="replay.none-next" />;
          const delays = entry.data["delays"] as unknown as Delay[];
          return (
            <>
              <ul className="replay">
                {delays.map((delay) => (
                  <Row key={delay.code} delay={delay} />
                ))}
              </ul>
              <p className="soft small">{say("replay.scale")}</p>
              <p className="soft small">{say("replay.silence")}</p>
              <p className="soft">
                {`${say("replay.played")} `}
                <Moment at={entry.at} />
                {"　"}
                <Link to="/ledger/$id" params={{ id: entry.id }}>
                  {say("replay.entry")}
                </Link>
              </p>
            </>
          );
        }}
      </Shown>
    </>
  );
}

function Row({ delay }: { delay: Delay }) {
  const { say, choose, language } = useWords();
  const { seconds } = delay;
  const then = duration(delay.days * dayMs, language);
  const here = seconds === null ? say("replay.not-played") : secondsText(seconds, language);
  return (
    <li>
      <h2>{choose(delay.what)}</h2>
      <dl>
        <dt>{say("replay.then")}</dt>
        <dd>
          <Bar share={placeOf(delay.days * 86_400)} kind="then" />
          <span>
            {then}
            <span className="faint small">{`　${delay.from} – ${delay.until}`}</span>
          </span>
        </dd>
        <dt>{say("replay.here")}</dt>
        <dd>
          <Bar share={seconds === null ? 0 : placeOf(seconds)} kind="here" />
          <strong>{here}</strong>
        </dd>
      </dl>
    </li>
  );
}

function Bar({ share, kind }: { share: number; kind: "then" | "here" }) {
  return (
    <svg viewBox="0 0 100 8" preserveAspectRatio="none" className="replay-bar" aria-hidden="true">
      <rect width={share === 0 ? 0 : Math.max(share, 0.5)} height="8" className={`replay-${kind}`} />
    </svg>
  );
}

function secondsText(seconds: number, language: string): string {
  const digits = seconds < 10 ? 1 : 0;
  return new Intl.NumberFormat(language, {
    style: "unit",
    unit: "second",
    unitDisplay: "long",
    maximumFractionDigits: digits,
  }).format(seconds);
}
