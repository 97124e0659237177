import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import type { CutRow, FindingView } from "../../../station/services.ts";
import { entryName } from "../entryName.ts";
import { withoutPort } from "../hosts.ts";
import { useWords } from "../language.ts";
import { ContactDrawings } from "../parts/ContactDrawings.tsx";
import { CutItem } from "../parts/CutItem.tsx";
import { CutOrder } from "../parts/CutOrder.tsx";
import type { Aim } from "../parts/CutPreview.tsx";
import { DecisionPanel } from "../parts/DecisionPanel.tsx";
import { FigureList } from "../parts/FigureList.tsx";
import { FindingLines } from "../parts/FindingLines.tsx";
import { HostName } from "../parts/HostName.tsx";
import { SeverityMark } from "../parts/Mark.tsx";
import { Moment } from "../parts/Moment.tsx";
import { PageHead } from "../parts/PageHead.tsx";
import { Shown } from "../parts/States.tsx";
import { TimeLine } from "../parts/TimeLine.tsx";
import { decisionQuery } from "../queries.ts";
import { cutsQuery, findingQuery, findingsQuery, inForce } from "../trafficQueries.ts";
import { nameOfFinding, whyOfFinding } from "../words/findingWords.ts";
import { ActMark } from "./FindingsPage.tsx";

/** One finding: why, with the figures; what it looks like; what was done and what can be. */
export function FindingPage() {
  const { id } = useParams({ from: "/findings/$id" });
  const query = useQuery(findingQuery(id));
  return <Shown query={query}>{(finding) => <Finding key={id} finding={finding} />}</Shown>;
}

function Finding({ finding }: { finding: FindingView }) {
  const { say, choose } = useWords();
  const title = finding.reasons.map(({ code }) => choose(nameOfFinding(code))).join(say("answer.comma"));
  const { host, destination } = finding;
  const about = finding.hostAddress === "" ? destination : say("finding.title", { host, destination });
  return (
    <>
      <PageHead title={title} lead={about}>
        <a href="#acts" className="for-narrow">
          {say("finding.to-acts")}
        </a>
        <Link to="/findings" search={{}}>
          {say("state.back")}
        </Link>
      </PageHead>
      <div className="two-columns">
        <div className="first">
          <FindingFacts finding={finding} />
          <section className="section">
            <h2>{say("finding.why")}</h2>
            <Reasons finding={finding} />
          </section>
          {finding.hostAddress === "" ? null : (
            <section className="section">
              <h2>{say("finding.drawn")}</h2>
              <ContactDrawings contacts={finding.contacts} />
            </section>
          )}
        </div>
        <div className="rest">
          <section className="section">
            <h2>{say("finding.figures")}</h2>
            <FigureList figures={finding.figures} />
          </section>
          <SameBehaviour finding={finding} />
          <Chain finding={finding} />
        </div>
        <aside className="aside" id="acts">
          <Done finding={finding} />
          <section className="section">
            <h2>{say("finding.act")}</h2>
            <Acts finding={finding} />
          </section>
        </aside>
      </div>
    </>
  );
}

function FindingFacts({ finding }: { finding: FindingView }) {
  const { say } = useWords();
  return (
    <dl className="facts">
      <dt>{say("finding.severity")}</dt>
      <dd>
        <SeverityMark severity={finding.severity} />
      </dd>
      <dt>{say("finding.done")}</dt>
      <dd>
        <ActMark act={finding.act} />
      </dd>
      {finding.hostAddress === "" ? null : (
        <>
          <dt>{say("finding.host")}</dt>
          <dd>
            <HostName name={finding.host} address={finding.hostAddress} />{" "}
            <span className="figures soft">{finding.hostAddress}</span>
          </dd>
        </>
      )}
      <dt>{say("finding.at")}</dt>
      <dd>
        <Moment at={finding.at} /> <span className="soft">{say(`finding.by.${finding.by}`)}</span>
      </dd>
      <dt>{say("finding.order")}</dt>
      <dd>{finding.order ?? <span className="soft">{say("finding.no-order")}</span>}</dd>
      {finding.hiddenBy === null ? null : (
        <>
          <dt />
          <dd className="soft">{say("finding.hidden-by", { name: finding.hiddenBy })}</dd>
        </>
      )}
    </dl>
  );
}

/** Each reason: what was seen, with its entry, and why it matters. */
function Reasons({ finding }: { finding: FindingView }) {
  const { say, choose } = useWords();
  const judged = finding.chain.find(({ kind }) => kind === "judged");
  return (
    <div className="reasons">
      {finding.reasons.map(({ code, technique, severity }) => {
        const said = finding.because.filter((because) => because.code === code).flatMap((one) => one.said);
        const why = whyOfFinding(code);
        return (
          <article key={code} className="reason">
            <h3>
              {choose(nameOfFinding(code))}
              <SeverityMark severity={severity} />
              {technique === null ? null : (
                <span className="faint small figures">ATT&amp;CK {technique}</span>
              )}
            </h3>
            <dl style={{ display: "contents" }}>
              {said.length === 0 ? null : (
                <>
                  <dt>{say("mail.seen")}</dt>
                  <dd>
                    {said.map((one) => (
                      <p key={one.en}>{choose(one)}</p>
                    ))}
                    {judged === undefined ? null : (
                      <Link to="/ledger/$id" params={{ id: judged.id }} className="small">
                        {say("mail.evidence-entry", { index: judged.index })}
                      </Link>
                    )}
                  </dd>
                </>
              )}
              {why === null ? null : (
                <>
                  <dt>{say("mail.why")}</dt>
                  <dd>{choose(why)}</dd>
                </>
              )}
            </dl>
          </article>
        );
      })}
    </div>
  );
}

/** Whether an act is about this finding: ordered because of it, or aimed at one of its two sides. */
function concerns(cut: CutRow, finding: FindingView): boolean {
  if (cut.id === finding.cut || cut.finding === finding.id) return true;
  if (!inForce(cut)) return false;
  if (cut.act === "cut-off") return true;
  const sides = [finding.hostAddress, withoutPort(finding.destination)].filter((side) => side !== "");
  return cut.target.split(" ").some((target) => sides.includes(target));
}

/** What was ordered already, and the question that waits, if one does. */
function Done({ finding }: { finding: FindingView }) {
  const { say } = useWords();
  const { data: cuts } = useQuery(cutsQuery);
  const own = cuts?.filter((cut) => concerns(cut, finding)) ?? [];
  return (
    <>
      {finding.decisionId === null ? null : <Decision id={finding.decisionId} />}
      {own.length === 0 ? null : (
        <section className="section">
          <h2>{say("finding.in-force")}</h2>
          {own.map((cut) => (
            <CutItem key={cut.id} cut={cut} />
          ))}
        </section>
      )}
    </>
  );
}

function Decision({ id }: { id: string }) {
  const query = useQuery(decisionQuery(id));
  return <Shown query={query}>{(decision) => <DecisionPanel decision={decision} />}</Shown>;
}

function Acts({ finding }: { finding: FindingView }) {
  const { say } = useWords();
  const { hostAddress } = finding;
  if (hostAddress === "") return <p className="soft">{say("finding.nothing-to-cut")}</p>;
  const destination = withoutPort(finding.destination);
  const address = finding.figures["address"];
  const whole = typeof address === "string" && address !== "" && address !== destination;
  const aims: Aim[] = [
    { act: "block", target: whole ? `${destination} ${address}` : destination },
    { act: "isolate", target: hostAddress },
    { act: "cut-off", target: "" },
  ];
  return <CutOrder aims={aims} finding={finding.id} />;
}

const SAME_MAX = 8;

function SameBehaviour({ finding }: { finding: FindingView }) {
  const { say } = useWords();
  const { data } = useQuery(findingsQuery({ text: finding.group, hidden: "true" }));
  const same = data?.rows.filter(({ id, group }) => id !== finding.id && group === finding.group) ?? [];
  if (same.length === 0) return null;
  return (
    <section className="section">
      <h2>{say("finding.same")}</h2>
      <FindingLines findings={same.slice(0, SAME_MAX)} />
    </section>
  );
}

function Chain({ finding }: { finding: FindingView }) {
  const { say } = useWords();
  const steps = finding.chain.map((step) => ({
    key: step.id,
    at: step.at,
    kind: step.kind,
    children: (
      <p className="row">
        <Link to="/ledger/$id" params={{ id: step.id }}>
          {entryName(say, step.code)}
        </Link>
        <span className="faint small">
          {say(`kind.${step.kind}`)}　{step.by}
        </span>
      </p>
    ),
  }));
  return (
    <section className="section">
      <h2>{say("finding.chain")}</h2>
      <TimeLine steps={steps} />
      <p className="faint small">{say("finding.opened")}</p>
    </section>
  );
}
