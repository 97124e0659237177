import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import type { Role } from "../../../station/services.ts";
import { api, read } from "../api.ts";
import { absoluteTime, shortTime } from "../formats.ts";
import { useWords } from "../language.ts";
import { useConfirmed } from "../parts/ConfirmFactor.tsx";
import { DataTable, type Column } from "../parts/DataTable.tsx";
import { Mark } from "../parts/Mark.tsx";
import { Moment } from "../parts/Moment.tsx";
import { PageHead } from "../parts/PageHead.tsx";
import { InviteDialog, MadeLink, type Made } from "../parts/InviteDialog.tsx";
import { PersonDialog, type PersonRow } from "../parts/PersonDialog.tsx";
import { ProblemNotice, Shown } from "../parts/States.tsx";
import { peopleQuery } from "../queries.ts";
import { printSort, readSort } from "../sortInAddress.ts";
import { useMay, useSession } from "../session.ts";

/** Who may come in, and what each may do. */
export function PeoplePage() {
  const { say } = useWords();
  const query = useQuery(peopleQuery);
  const changes = useMay("people.change");
  const [inviting, setInviting] = useState(false);
  const [made, setMade] = useState<Made | null>(null);
  return (
    <>
      <PageHead title={say("nav.people")} lead={say("people.lead")}>
        {changes ? (
          <button type="button" className="button button-main" onClick={() => setInviting(true)}>
            {say("people.invite")}
          </button>
        ) : null}
      </PageHead>
      {made === null ? null : <MadeLink made={made} />}
      <Shown query={query}>
        {({ people, links }) => (
          <>
            <PeopleTable people={people} changes={changes} onMade={setMade} />
            <OpenLinks links={links} changes={changes} />
          </>
        )}
      </Shown>
      <InviteDialog open={inviting} onClose={() => setInviting(false)} onMade={setMade} />
    </>
  );
}

type TableProps = { people: PersonRow[]; changes: boolean; onMade: (made: Made) => void };

function PeopleTable({ people, changes, onMade }: TableProps) {
  const navigate = useNavigate();
  const { sort } = useSearch({ from: "/people" });
  const [chosen, setChosen] = useState<PersonRow | null>(null);
  const columns = useColumns(changes ? setChosen : null);
  return (
    <>
      <DataTable
        name="sekisho-people"
        columns={columns}
        rows={people}
        keyOf={(row) => row.id}
        total={people.length}
        sort={readSort(sort)}
        onSort={(next) => void navigate({ to: "/people", search: { sort: printSort(next) } })}
        {...(changes ? { onOpen: setChosen } : {})}
      />
      {chosen === null ? null : (
        <PersonDialog key={chosen.id} row={chosen} onClose={() => setChosen(null)} onMade={onMade} />
      )}
    </>
  );
}

function useColumns(onChange: ((row: PersonRow) => void) | null): Column<PersonRow>[] {
  const { say } = useWords();
  return useMemo(() => {
    const rolesOf = (row: PersonRow) =>
      row.roles.map((role) => say(`role.${role}`)).join(say("answer.comma"));
    const columns: Column<PersonRow>[] = [
      {
        key: "name",
        label: "people.name",
        rank: 1,
        text: (row) => `${row.name} <${row.email}>`,
        sort: (row) => row.name,
        show: (row) => <Name row={row} />,
      },
      { key: "roles", label: "people.roles", rank: 2, text: rolesOf, sort: rolesOf },
      {
        key: "factors",
        label: "people.factors",
        rank: 2,
        text: (row) => (row.secondFactor ? say("people.totp") : say("people.not-enrolled")),
        sort: (row) => (row.secondFactor ? row.passkeys + 1 : 0),
        show: (row) => <Factors row={row} />,
      },
      {
        key: "seen",
        label: "people.seen",
        rank: 2,
        text: (row) => row.lastSeenAt ?? "",
        sort: (row) => row.lastSeenAt ?? "",
        show: (row) =>
          row.lastSeenAt === null ? (
            <span className="faint">{say("people.never")}</span>
          ) : (
            <Moment at={row.lastSeenAt} />
          ),
      },
    ];
    if (onChange === null) return columns;
    const change: Column<PersonRow> = {
      key: "change",
      label: "people.change",
      rank: 2,
      text: () => "",
      show: (row) => (
        <button type="button" className="button-link" onClick={() => onChange(row)}>
          {say("people.change")}
        </button>
      ),
    };
    return [...columns, change];
  }, [say, onChange]);
}

function Name({ row }: { row: PersonRow }) {
  const { say } = useWords();
  const { person } = useSession();
  return (
    <>
      <strong>{row.name}</strong>{" "}
      {row.id === person?.id ? <span className="faint small">{say("people.you")}</span> : null}
      <br />
      <span className="soft">{row.email}</span>
    </>
  );
}

function Factors({ row }: { row: PersonRow }) {
  const { say } = useWords();
  if (!row.secondFactor) return <Mark loudness="attention">{say("people.not-enrolled")}</Mark>;
  if (row.passkeys === 0) return say("people.totp");
  return [say("people.totp"), say("people.passkeys", { count: row.passkeys })].join(say("answer.comma"));
}

type OpenLink = { id: string; email: string | null; roles: Role[]; expiresAt: string };

function OpenLinks({ links, changes }: { links: OpenLink[]; changes: boolean }) {
  const { say, language } = useWords();
  const { timeZone } = useSession();
  const client = useQueryClient();
  const withdraw = useConfirmed(async (id: string) => {
    await read(api.people.links[":id"].$delete({ param: { id } }));
    await client.invalidateQueries({ queryKey: ["people"] });
  });
  return (
    <section className="section">
      <h2>{say("people.links")}</h2>
      {links.length === 0 ? <p className="soft">{say("people.no-links")}</p> : null}
      <ul className="stack-tight">
        {links.map((link) => (
          <li key={link.id} className="row">
            <strong>{link.email ?? say("people.reset")}</strong>
            <span>{link.roles.map((role) => say(`role.${role}`)).join(say("answer.comma"))}</span>
            <span className="soft" title={absoluteTime(link.expiresAt, timeZone, language)}>
              {say("people.until", { time: shortTime(link.expiresAt, timeZone, language) })}
            </span>
            {changes ? (
              <button type="button" className="button-link" onClick={() => withdraw.run(link.id)}>
                {say("people.withdraw")}
              </button>
            ) : null}
          </li>
        ))}
      </ul>
      <ProblemNotice error={withdraw.error} />
      {withdraw.dialog}
    </section>
  );
}
