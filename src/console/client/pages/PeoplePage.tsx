import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { Role } from "../../../station/services.ts";
import { api, read } from "../api.ts";
import { absoluteTime, shortTime } from "../formats.ts";
import { useWords } from "../language.ts";
import { useConfirmed } from "../parts/ConfirmFactor.tsx";
import { Mark } from "../parts/Mark.tsx";
import { Moment } from "../parts/Moment.tsx";
import { PageHead } from "../parts/PageHead.tsx";
import { InviteDialog, MadeLink, type Made } from "../parts/InviteDialog.tsx";
import { PersonDialog, type PersonRow } from "../parts/PersonDialog.tsx";
import { ProblemNotice, Shown } from "../parts/States.tsx";
import { peopleQuery } from "../queries.ts";
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
  const { say } = useWords();
  const { person } = useSession();
  const [chosen, setChosen] = useState<PersonRow | null>(null);
  return (
    <>
      <table className="table">
        <thead>
          <tr>
            <th scope="col">{say("people.name")}</th>
            <th scope="col">{say("people.roles")}</th>
            <th scope="col">{say("people.factors")}</th>
            <th scope="col">{say("people.seen")}</th>
            {changes ? <th scope="col" /> : null}
          </tr>
        </thead>
        <tbody>
          {people.map((row) => (
            <tr key={row.id}>
              <td data-rank="1">
                <strong>{row.name}</strong>{" "}
                {row.id === person?.id ? <span className="faint small">{say("people.you")}</span> : null}
                <br />
                <span className="soft">{row.email}</span>
              </td>
              <td data-rank="2">{row.roles.map((role) => say(`role.${role}`)).join(say("answer.comma"))}</td>
              <td data-rank="2">
                <Factors row={row} />
              </td>
              <td data-rank="2">
                {row.lastSeenAt === null ? (
                  <span className="faint">{say("people.never")}</span>
                ) : (
                  <Moment at={row.lastSeenAt} />
                )}
              </td>
              {changes ? (
                <td data-rank="2">
                  <button type="button" className="button-link" onClick={() => setChosen(row)}>
                    {say("people.change")}
                  </button>
                </td>
              ) : null}
            </tr>
          ))}
        </tbody>
      </table>
      {chosen === null ? null : (
        <PersonDialog key={chosen.id} row={chosen} onClose={() => setChosen(null)} onMade={onMade} />
      )}
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
