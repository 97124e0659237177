import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useId, useMemo, useState, type FormEvent } from "react";
import type { TrafficOverview } from "../../../station/services.ts";
import { byteSize } from "../formats.ts";
import { isAddress } from "../hosts.ts";
import { useWords } from "../language.ts";
import { DataTable, type Column } from "../parts/DataTable.tsx";
import { HostName } from "../parts/HostName.tsx";
import { HoursChoice } from "../parts/HoursChoice.tsx";
import { Moment } from "../parts/Moment.tsx";
import { NeedsOutboundGate } from "../parts/OutboundGate.tsx";
import { PageHead } from "../parts/PageHead.tsx";
import { RecordStrip } from "../parts/RecordStrip.tsx";
import { EmptyState, Shown } from "../parts/States.tsx";
import { TrafficMatrix } from "../parts/TrafficMatrix.tsx";
import { printSort, readSort } from "../sortInAddress.ts";
import { overviewQuery, readHours, type Hours } from "../trafficQueries.ts";

/** What speaks outwards, and what nobody saw. */
export function TrafficPage() {
  const { say } = useWords();
  const navigate = useNavigate();
  const search = useSearch({ from: "/traffic" });
  const hours = readHours(search.hours);
  const query = useQuery(overviewQuery(hours));
  const choose = (next: Hours) => void navigate({ to: "/traffic", search: { ...search, hours: next } });
  return (
    <>
      <PageHead title={say("nav.traffic")} lead={say("traffic.lead")}>
        <HoursChoice hours={hours} onChoose={choose} />
        <Link to="/findings" search={{}}>
          {say("nav.findings")}
        </Link>
      </PageHead>
      <NeedsOutboundGate>
        <Shown query={query}>
          {(overview) =>
            overview.recorded === null ? (
              <EmptyState title="traffic.none" next="traffic.none-next" />
            ) : (
              <Overview overview={overview} />
            )
          }
        </Shown>
      </NeedsOutboundGate>
    </>
  );
}

function Overview({ overview }: { overview: TrafficOverview }) {
  const { say } = useWords();
  const { hosts, others } = overview.matrix;
  return (
    <>
      <div className="gates-grid">
        <section className="section">
          <h2>{say("traffic.record")}</h2>
          <RecordStrip overview={overview} />
        </section>
        <section className="section">
          <h2>{say("traffic.roles")}</h2>
          <RoleBars roles={overview.roles} />
          <FindHost />
        </section>
      </div>
      <section className="section">
        <h2>{say("traffic.first-seen")}</h2>
        <FirstSeen rows={overview.firstSeen} />
      </section>
      <section className="section">
        <h2>{say("traffic.matrix")}</h2>
        {hosts.length === 0 || others.length === 0 ? (
          <p className="soft">{say("traffic.roles-none")}</p>
        ) : (
          <TrafficMatrix matrix={overview.matrix} />
        )}
      </section>
    </>
  );
}

function RoleBars({ roles }: { roles: TrafficOverview["roles"] }) {
  const { say, language } = useWords();
  if (roles.length === 0) return <p className="soft">{say("traffic.roles-none")}</p>;
  const most = Math.max(1, ...roles.map(({ sent }) => sent));
  return (
    <ul className="role-bars">
      {roles.map(({ role, sent, hosts, destinations, connections }) => (
        <li key={role}>
          <p className="row spread">
            <strong>{say(`host-role.${role}`)}</strong>
            <span>{byteSize(sent, language)}</span>
          </p>
          <svg viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
            <rect className="bar" width={Math.max(0.4, (100 * sent) / most)} height="6" />
          </svg>
          <p className="soft small">{say("traffic.role-sum", { hosts, destinations, connections })}</p>
        </li>
      ))}
    </ul>
  );
}

/** To one host by its address, for whoever has it from elsewhere. */
function FindHost() {
  const { say } = useWords();
  const navigate = useNavigate();
  const id = useId();
  const [typed, setTyped] = useState("");
  const address = typed.trim();
  function go(event: FormEvent): void {
    event.preventDefault();
    if (isAddress(address)) void navigate({ to: "/traffic/hosts/$address", params: { address }, search: {} });
  }
  return (
    <form className="row find-host" onSubmit={go}>
      <div className="field grow">
        <label htmlFor={id}>{say("traffic.find-host")}</label>
        <input
          id={id}
          className="input"
          type="search"
          autoComplete="off"
          spellCheck={false}
          placeholder="10.1.30.5"
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
        />
      </div>
      <button type="submit" className="button" disabled={!isAddress(address)}>
        {say("traffic.find-host-show")}
      </button>
    </form>
  );
}

type Row = TrafficOverview["firstSeen"][number];

const FIRST_SEEN_SHOWN = 12;

function FirstSeen({ rows }: { rows: Row[] }) {
  const { say } = useWords();
  const navigate = useNavigate();
  const search = useSearch({ from: "/traffic" });
  const columns = useColumns();
  const [most, setMost] = useState(FIRST_SEEN_SHOWN);
  const left = Math.max(0, rows.length - most);
  if (rows.length === 0) return <p className="soft">{say("traffic.first-seen-none")}</p>;
  return (
    <DataTable
      name="sekisho-first-seen"
      columns={columns}
      rows={rows.slice(0, most)}
      loadAll={() => Promise.resolve(rows)}
      {...(left > 0 ? { more: { count: left, load: () => setMost(rows.length) } } : {})}
      keyOf={(row) => `${row.destination} ${row.host}`}
      total={rows.length}
      sort={readSort(search.sort)}
      onSort={(sort) =>
        void navigate({ to: "/traffic", search: { ...search, sort: printSort(sort) }, resetScroll: false })
      }
    />
  );
}

function useColumns(): Column<Row>[] {
  const { language } = useWords();
  return useMemo(
    () => [
      {
        key: "destination",
        label: "traffic.destination",
        rank: 1,
        text: (row) => row.destination,
        sort: (row) => row.destination,
        show: (row) => (
          <Link to="/findings" search={{ text: row.destination }}>
            {row.destination}
          </Link>
        ),
      },
      {
        key: "host",
        label: "traffic.host",
        rank: 2,
        text: (row) => row.host,
        sort: (row) => row.host,
        show: (row) => <HostName name={row.host} address={row.hostAddress} />,
      },
      {
        key: "sent",
        label: "traffic.sent",
        rank: 2,
        numeric: true,
        text: (row) => byteSize(row.sent, language),
        sort: (row) => row.sent,
      },
      {
        key: "connections",
        label: "traffic.connection-count",
        rank: 3,
        numeric: true,
        text: (row) => String(row.connections),
        sort: (row) => row.connections,
      },
      {
        key: "at",
        label: "traffic.first-at",
        rank: 2,
        text: (row) => row.at,
        sort: (row) => row.at,
        show: (row) => <Moment at={row.at} />,
      },
    ],
    [language],
  );
}
