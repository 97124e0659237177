import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { postAuth } from "../api.ts";
import { relativeTime } from "../formats.ts";
import { useNow } from "../clock.ts";
import { useHotkeys } from "../hotkeys.ts";
import { incidentsQuery } from "../incidentQueries.ts";
import { setLanguage, useWords } from "../language.ts";
import { decisionsQuery, statusQuery } from "../queries.ts";
import { useMay, useSession } from "../session.ts";
import { setTheme, THEMES, useTheme } from "../theme.ts";
import { useNarrow } from "../useNarrow.ts";
import type { WordCode } from "../words/words.ts";
import { KeyboardHelp } from "./KeyboardHelp.tsx";
import { Mark } from "./Mark.tsx";
import { Notice } from "./States.tsx";

const STALE_MS = 25_000;
const DAY_MS = 86_400_000;

/** The frame of every page: where one can go, how it looks, and whether what is shown is still true. */
export function Shell({ children }: { children: ReactNode }) {
  const { say } = useWords();
  const [help, setHelp] = useState(false);
  const navigate = useNavigate();
  useHotkeys({
    "?": () => setHelp(true),
    "/": () => document.querySelector<HTMLInputElement>("input[type=search]")?.focus(),
    "g n": () => void navigate({ to: "/gates" }),
    "g m": () => void navigate({ to: "/mail" }),
    "g t": () => void navigate({ to: "/traffic", search: {} }),
    "g f": () => void navigate({ to: "/findings", search: {} }),
    "g c": () => void navigate({ to: "/cuts", search: {} }),
    "g r": () => void navigate({ to: "/records", search: {} }),
    "g w": () => void navigate({ to: "/records/waiting" }),
    "g s": () => void navigate({ to: "/scope" }),
    "g i": () => void navigate({ to: "/incidents" }),
    "g d": () => void navigate({ to: "/decisions" }),
    "g l": () => void navigate({ to: "/ledger" }),
    "g p": () => void navigate({ to: "/people" }),
    "g a": () => void navigate({ to: "/profile" }),
  });
  return (
    <div className="shell">
      <a className="skip" href="#main">
        {say("nav.skip")}
      </a>
      <Rail />
      <main className="main" id="main" tabIndex={-1}>
        <StaleNotice />
        {children}
        <PageFoot />
      </main>
      <KeyboardHelp open={help} onClose={() => setHelp(false)} />
    </div>
  );
}

function Rail() {
  const { say } = useWords();
  const { organisation, person } = useSession();
  const narrow = useNarrow(800);
  const seesPeople = useMay("people.view");
  const usesHotline = useMay("hotline.use");
  return (
    <nav className="rail" aria-label={say("nav.label")}>
      <p className="rail-name">
        <strong>Sekisho</strong>
        <span>{organisation}</span>
      </p>
      <div className="rail-list">
        <RailLink to="/gates" word={narrow ? "nav.short.gates" : "nav.gates"} />
        <RailLink to="/mail" word={narrow ? "nav.short.mail" : "nav.mail"} />
        {narrow ? null : <RailLink to="/traffic" word="nav.traffic" />}
        <RailLink to="/findings" word={narrow ? "nav.short.findings" : "nav.findings"} />
        <RailLink to="/cuts" word={narrow ? "nav.short.cuts" : "nav.cuts"} />
        <RailLink to="/records" word={narrow ? "nav.short.records" : "nav.records"} />
        {narrow ? null : <RailLink to="/scope" word="nav.scope" />}
        <RailLink to="/incidents" word={narrow ? "nav.short.incidents" : "nav.incidents"}>
          <DeadlineCount />
        </RailLink>
        <RailLink to="/decisions" word={narrow ? "nav.short.decisions" : "nav.decisions"}>
          <WaitingCount />
        </RailLink>
        {narrow ? null : <RailLink to="/notices" word="nav.notices" />}
        {usesHotline && !narrow ? <RailLink to="/hotline" word="nav.hotline" /> : null}
        <RailLink to="/ledger" word={narrow ? "nav.short.ledger" : "nav.ledger"} />
        {seesPeople && !narrow ? <RailLink to="/people" word="nav.people" /> : null}
        {narrow ? <RailLink to="/profile" word="nav.short.profile" /> : null}
      </div>
      <div className="rail-foot">
        <LookChoices />
        <p>
          <Link to="/profile">{person?.name}</Link>
        </p>
        <SignOut />
      </div>
    </nav>
  );
}

function RailLink({ to, word, children }: { to: string; word: WordCode; children?: ReactNode }) {
  const { say } = useWords();
  return (
    <Link to={to} className="rail-link">
      <span>{say(word)}</span>
      {children}
    </Link>
  );
}

function WaitingCount() {
  const { say } = useWords();
  const { data } = useQuery({ ...decisionsQuery, enabled: useMay("decision.view") });
  const narrow = useNarrow(800);
  const count = data?.filter(({ state }) => state === "asked" || state === "seconding").length ?? 0;
  return <RailCount text={narrow ? count.toLocaleString() : say("nav.waiting", { count })} count={count} />;
}

/** Incidents with a legal deadline that ends within a day, or has ended. */
function DeadlineCount() {
  const { say } = useWords();
  const { data } = useQuery({ ...incidentsQuery, enabled: useMay("incident.view") });
  const narrow = useNarrow(800);
  const soon = useNow(60) + DAY_MS;
  const count = data?.filter(({ next }) => next !== null && Date.parse(next.deadline) < soon).length ?? 0;
  return <RailCount text={narrow ? count.toLocaleString() : say("nav.deadlines", { count })} count={count} />;
}

function RailCount({ text, count }: { text: string; count: number }) {
  if (count === 0) return null;
  return (
    <span className="rail-count">
      <Mark loudness="act">{text}</Mark>
    </span>
  );
}

/** Language and brightness, the same here and on the page of one's own account. */
export function LookChoices() {
  const { say, language } = useWords();
  const theme = useTheme();
  return (
    <>
      <div className="choice" role="group" aria-label={say("language.label")}>
        {(["ja", "en"] as const).map((each) => (
          <button key={each} type="button" aria-pressed={language === each} onClick={() => setLanguage(each)}>
            {each === "ja" ? "日本語" : "English"}
          </button>
        ))}
      </div>
      <div className="choice" role="group" aria-label={say("theme.label")}>
        {THEMES.map((each) => (
          <button key={each} type="button" aria-pressed={theme === each} onClick={() => setTheme(each)}>
            {say(`theme.${each}`)}
          </button>
        ))}
      </div>
    </>
  );
}

export function SignOut() {
  const { say } = useWords();
  async function leave(): Promise<void> {
    await postAuth("/sign-out", {}).catch(() => null);
    location.assign("/");
  }
  return (
    <p>
      <button type="button" className="button-link" onClick={leave}>
        {say("nav.sign-out")}
      </button>
    </p>
  );
}

/** Says since when the station has not answered, and what still holds. */
function StaleNotice() {
  const { say, language } = useWords();
  const now = useNow(5);
  const { dataUpdatedAt, failureCount } = useQuery(statusQuery);
  if (dataUpdatedAt === 0 || failureCount === 0 || now - dataUpdatedAt < STALE_MS) return null;
  return (
    <Notice kind="act">
      <p>{say("state.stale", { time: relativeTime(dataUpdatedAt, now, language) })}</p>
      <p>{say("state.stale-next")}</p>
    </Notice>
  );
}

function PageFoot() {
  const { say } = useWords();
  const { timeZone, version } = useSession();
  return (
    <footer className="page-foot">
      <span>{say("page.zone", { zone: timeZone })}</span>
      <span>
        <span className="for-keys">{say("page.keys")}　</span>
        {say("page.version", { version })}
      </span>
    </footer>
  );
}
