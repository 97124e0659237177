import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { CutCard } from "../../../station/services.ts";
import { useNow } from "../clock.ts";
import { absoluteTime, duration, money } from "../formats.ts";
import { setLanguage, useWords } from "../language.ts";
import { CutDrills } from "../parts/CutDrills.tsx";
import { PageHead } from "../parts/PageHead.tsx";
import { Notice, Shown } from "../parts/States.tsx";
import { useSession } from "../session.ts";
import { cardQuery } from "../trafficQueries.ts";

/** The cut-off card: one page of paper that works when nothing else does. */
export function CutCardPage() {
  const { say, language } = useWords();
  const query = useQuery(cardQuery);
  return (
    <>
      <PageHead title={say("cut.card")} lead={say("card.lead")}>
        <div className="choice" role="group" aria-label={say("language.label")}>
          {(["ja", "en"] as const).map((each) => (
            <button
              key={each}
              type="button"
              aria-pressed={language === each}
              onClick={() => setLanguage(each)}
            >
              {each === "ja" ? "日本語" : "English"}
            </button>
          ))}
        </div>
        <button type="button" className="button" onClick={() => print()}>
          {say("card.print")}
        </button>
        <Link to="/cuts" search={{}}>
          {say("card.back")}
        </Link>
      </PageHead>
      <Shown query={query}>
        {(card) => (
          <>
            <Card card={card} />
            <CutDrills canCut={card.canCut} />
          </>
        )}
      </Shown>
    </>
  );
}

function Card({ card }: { card: CutCard }) {
  const { say, language } = useWords();
  const { timeZone } = useSession();
  const now = useNow(60);
  return (
    <article className="card">
      <header className="card-head">
        <strong>{card.organisation}</strong>
        <span>{say("card.made", { time: absoluteTime(now, timeZone, language) })}</span>
      </header>
      {card.canCut ? null : (
        <Notice kind="act">
          <p>
            <strong>{say("card.cannot")}</strong>
          </p>
        </Notice>
      )}
      <Part title={say("card.who")}>
        <Deciders card={card} />
      </Part>
      <div className="card-columns">
        <Part title={say("card.silence")}>
          <p className="card-large">
            {say(card.default === "cut-off" ? "card.silence-cut" : "card.silence-wait", {
              time: duration(card.deadlineMinutes * 60_000, language),
            })}
          </p>
        </Part>
        <Part title={say("card.cost")}>
          {card.costPerHour === null ? (
            <p>{say("card.cost-unknown")}</p>
          ) : (
            <p className="card-large">
              {money(card.costPerHour, language)} <small>{say("card.cost-hour")}</small>
            </p>
          )}
        </Part>
        <Part title={say("card.stops")}>
          <Lines lines={card.stops.map((said) => said[language])} none={say("card.stops-all")} />
        </Part>
        <Part title={say("card.goes-on")}>
          <GoesOn card={card} />
        </Part>
        <Part title={say("card.how")}>
          <ol className="card-steps">
            <li>{say("card.how-1")}</li>
            <li>{say("card.how-2")}</li>
            <li>{say("card.how-3")}</li>
          </ol>
        </Part>
        <Part title={say("card.lift")}>
          <ol className="card-steps">
            <li>{say("card.lift-1")}</li>
            <li>{say("card.lift-2", { time: duration(card.minutes * 60_000, language) })}</li>
            <li>{say("card.lift-3")}</li>
          </ol>
        </Part>
      </div>
      <Part title={say("card.zones")}>
        <Lines
          lines={card.zones.map(({ name, networks }) => `${name}　${networks.join(say("answer.comma"))}`)}
          none={say("card.no-zones")}
        />
      </Part>
      <footer className="card-foot">{say("card.from", { file: card.settings })}</footer>
    </article>
  );
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="card-part">
      <h2>{title}</h2>
      {children}
    </section>
  );
}

function Deciders({ card }: { card: CutCard }) {
  const { say } = useWords();
  if (card.deciders.length === 0) return <p>{say("card.nobody")}</p>;
  return (
    <ol className="deciders">
      {card.deciders.map(({ name, email, phone }) => (
        <li key={email}>
          <strong>{name}</strong>
          {phone === null ? (
            <span className="card-missing">{say("card.no-phone")}</span>
          ) : (
            <a href={`tel:${phone.replace(/[^+\d]/g, "")}`}>{phone}</a>
          )}
          <span className="soft">{name === email ? "" : email}</span>
        </li>
      ))}
    </ol>
  );
}

function GoesOn({ card }: { card: CutCard }) {
  const { say, language } = useWords();
  const comma = say("answer.comma");
  const lines = card.continues.map((said) => said[language]);
  if (card.goesOn.length > 0) lines.push(say("card.written", { list: card.goesOn.join(comma) }));
  lines.push(
    card.administrators.length === 0
      ? say("card.no-administrators")
      : say("card.administrators", { list: card.administrators.join(comma) }),
  );
  return <Lines lines={lines} none={say("card.goes-on-nothing")} />;
}

function Lines({ lines, none }: { lines: string[]; none: string }) {
  if (lines.length === 0) return <p>{none}</p>;
  return (
    <ul className="card-lines">
      {lines.map((line) => (
        <li key={line}>{line}</li>
      ))}
    </ul>
  );
}
