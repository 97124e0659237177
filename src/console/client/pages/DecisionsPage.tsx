import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import type { Said } from "../../../gate.ts";
import type { DecisionView, HeldMailRow } from "../../../station/services.ts";
import { useWords, type Say } from "../language.ts";
import { DataTable, type Column } from "../parts/DataTable.tsx";
import { Mark, type Loudness } from "../parts/Mark.tsx";
import { Moment } from "../parts/Moment.tsx";
import { PageHead } from "../parts/PageHead.tsx";
import { RemainingShort } from "../parts/RemainingTime.tsx";
import { EmptyState, Shown } from "../parts/States.tsx";
import { decidedMailsQuery, decisionsQuery } from "../queries.ts";
import { useMay } from "../session.ts";
import { nameOfReason } from "../words/reasonWords.ts";
import { printSort, readSort } from "../sortInAddress.ts";

const waits = ({ state }: DecisionView) => state === "asked" || state === "seconding";

/** Questions that wait for a person, the nearest deadline first; and those that were answered. */
export function DecisionsPage() {
  const { say } = useWords();
  const navigate = useNavigate();
  const { show, sort } = useSearch({ from: "/decisions" });
  const query = useQuery(decisionsQuery);
  const columns = useColumns(show === "taken");
  return (
    <>
      <PageHead title={say("nav.decisions")} lead={say("decision.lead")}>
        <div className="choice" role="group">
          <Choice show={undefined} word="decision.waiting" now={show} />
          <Choice show="taken" word="decision.done" now={show} />
        </div>
      </PageHead>
      <Shown query={query}>
        {(all) => {
          const rows = all.filter((decision) => waits(decision) !== (show === "taken"));
          if (rows.length === 0) return <EmptyState title="decision.none" next="decision.none-next" />;
          return (
            <DataTable
              name="sekisho-decisions"
              columns={columns}
              rows={rows}
              keyOf={(row) => row.id}
              total={rows.length}
              sort={readSort(sort) ?? { key: "deadline", descending: show === "taken" }}
              onSort={(next) => {
                const kept = show === undefined ? {} : { show };
                void navigate({ to: "/decisions", search: { ...kept, sort: printSort(next) } });
              }}
              onOpen={(row) => void navigate({ to: "/decisions/$id", params: { id: row.id } })}
            />
          );
        }}
      </Shown>
    </>
  );
}

type ChoiceProps = {
  show: "taken" | undefined;
  word: "decision.waiting" | "decision.done";
  now: string | undefined;
};

function Choice({ show, word, now }: ChoiceProps) {
  const { say } = useWords();
  const navigate = useNavigate();
  const pressed = (now === "taken") === (show === "taken");
  return (
    <button
      type="button"
      aria-pressed={pressed}
      onClick={() => void navigate({ to: "/decisions", search: show === undefined ? {} : { show } })}
    >
      {say(word)}
    </button>
  );
}

function optionOf(decision: DecisionView, code: string | null, choose: (said: Said) => string): string {
  const option = decision.options.find((each) => each.code === code);
  return option === undefined ? (code ?? "") : choose(option.label);
}

/** Who sent the mail, masked, and why it is held: what tells one question from another. */
function aboutMail(
  decision: DecisionView,
  mails: Map<string, HeldMailRow> | undefined,
  choose: (said: Said) => string,
): string {
  const row = mails?.get(decision.about["mail"] ?? "");
  if (row === undefined) return "";
  const reasons = row.reasons.map(({ code }) => choose(nameOfReason(code)));
  return [row.senderMasked, ...reasons].join("　");
}

/** Who talks to whom, or what is to be cut; null where the decision is not about traffic. */
function aboutTraffic({ about, code }: DecisionView, say: Say): string | null {
  if (code === "bulk-read") return about["person"] ?? "";
  if (code !== "cut") return null;
  const { host, destination, target } = about;
  if (host === undefined || destination === undefined) return target ?? "";
  return say("finding.title", { host, destination });
}

const LOUDNESS: Partial<Record<DecisionView["state"], Loudness>> = { asked: "act", seconding: "held" };

function useColumns(taken: boolean): Column<DecisionView>[] {
  const { say, choose } = useWords();
  const { data: mails } = useQuery({ ...decidedMailsQuery, enabled: useMay("mail.list") });
  return useMemo(() => {
    const columns: Column<DecisionView>[] = [
      {
        key: "question",
        label: "decision.question",
        rank: 1,
        text: (row) => choose(row.question),
        sort: (row) => choose(row.question),
        show: (row) => (
          <Link to="/decisions/$id" params={{ id: row.id }}>
            {choose(row.question)}
          </Link>
        ),
      },
      {
        key: "about",
        label: "decision.about",
        rank: 1,
        text: (row) => aboutTraffic(row, say) ?? aboutMail(row, mails, choose),
      },
      {
        key: "state",
        label: "mail.state",
        rank: 2,
        text: (row) => say(`decision-state.${row.state}`),
        sort: (row) => row.state,
        show: (row) => (
          <Mark loudness={LOUDNESS[row.state] ?? "plain"}>{say(`decision-state.${row.state}`)}</Mark>
        ),
      },
      {
        key: "deadline",
        label: "mail.deadline",
        rank: 2,
        text: (row) => row.deadline,
        sort: (row) => row.deadline,
        show: (row) =>
          taken ? (
            <Moment at={row.deadline} />
          ) : (
            <RemainingShort askedAt={row.askedAt} deadline={row.deadline} />
          ),
      },
      {
        key: "default",
        label: taken ? "decision.options" : "decision.default",
        rank: 2,
        text: (row) => optionOf(row, taken ? row.outcome : row.defaultOption, choose),
      },
      ...originColumns(say),
    ];
    return columns;
  }, [say, choose, taken, mails]);
}

/** Who was asked, and when. */
function originColumns(say: Say): Column<DecisionView>[] {
  return [
    {
      key: "owner",
      label: "decision.owner",
      rank: 3,
      text: (row) => say(`role.${row.owner.role}`),
      sort: (row) => row.owner.role,
    },
    {
      key: "asked",
      label: "decision.asked-at",
      rank: 4,
      text: (row) => row.askedAt,
      sort: (row) => row.askedAt,
      show: (row) => <Moment at={row.askedAt} />,
    },
  ];
}
