import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import type { HostView } from "../../../station/services.ts";
import { byteSize } from "../formats.ts";
import { groupFindings } from "../groupFindings.ts";
import { useWords } from "../language.ts";
import { DataTable, type Column } from "../parts/DataTable.tsx";
import { FindingLines } from "../parts/FindingLines.tsx";
import { HostTimeline } from "../parts/HostTimeline.tsx";
import { HoursChoice } from "../parts/HoursChoice.tsx";
import { Mark } from "../parts/Mark.tsx";
import { Moment } from "../parts/Moment.tsx";
import { NeedsOutboundGate } from "../parts/OutboundGate.tsx";
import { PageHead } from "../parts/PageHead.tsx";
import { EmptyState, Shown } from "../parts/States.tsx";
import { printSort, readSort } from "../sortInAddress.ts";
import { hostQuery, readHours, type Hours } from "../trafficQueries.ts";

/** One host of ours: who it may talk to, who it does talk to, and when. */
export function HostPage() {
  const { say } = useWords();
  const navigate = useNavigate();
  const { address } = useParams({ from: "/traffic/hosts/$address" });
  const search = useSearch({ from: "/traffic/hosts/$address" });
  const hours = readHours(search.hours);
  const query = useQuery(hostQuery(address, hours));
  const choose = (next: Hours) =>
    void navigate({ to: "/traffic/hosts/$address", params: { address }, search: { ...search, hours: next } });
  return (
    <>
      <PageHead title={query.data?.name ?? address}>
        <HoursChoice hours={hours} onChoose={choose} />
        <Link to="/traffic" search={{}}>
          {say("nav.traffic")}
        </Link>
      </PageHead>
      <NeedsOutboundGate>
        <Shown query={query}>{(host) => <Host host={host} hours={Number(hours)} />}</Shown>
      </NeedsOutboundGate>
    </>
  );
}

function Host({ host, hours }: { host: HostView; hours: number }) {
  const { say } = useWords();
  const silent = host.timeline.every(({ connections }) => connections === 0);
  return (
    <>
      <HostFacts host={host} />
      <section className="section">
        <h2>{say("host.timeline")}</h2>
        {silent ? (
          <p className="soft">{say("host.timeline-none")}</p>
        ) : (
          <HostTimeline points={host.timeline} hours={hours} />
        )}
      </section>
      <section className="section">
        <h2>{say("host.findings")}</h2>
        {host.findings.length === 0 ? (
          <p className="soft">{say("host.findings-none")}</p>
        ) : (
          <>
            <FindingLines
              findings={groupFindings(host.findings, false)
                .slice(0, 8)
                .map(({ newest }) => newest)}
            />
            <p>
              <Link to="/findings" search={{ host: host.address }}>
                {say("host.findings-all")}
              </Link>
            </p>
          </>
        )}
      </section>
      <section className="section">
        <h2>{say("host.destinations")}</h2>
        <Destinations host={host} />
      </section>
    </>
  );
}

function HostFacts({ host }: { host: HostView }) {
  const { say } = useWords();
  return (
    <dl className="facts">
      <dt>{say("host.address")}</dt>
      <dd className="figures">{host.address}</dd>
      <dt>{say("host.role")}</dt>
      <dd>{say(`host-role.${host.role}`)}</dd>
      <dt>{say("host.list")}</dt>
      <dd>
        {!host.hasList ? (
          <span className="soft">{say("host.list-unwritten")}</span>
        ) : host.speaksTo.length === 0 ? (
          say("host.list-none")
        ) : (
          <span className="figures">{host.speaksTo.join("  ")}</span>
        )}
      </dd>
    </dl>
  );
}

type Row = HostView["destinations"][number];

function Destinations({ host }: { host: HostView }) {
  const navigate = useNavigate();
  const search = useSearch({ from: "/traffic/hosts/$address" });
  const columns = useColumns(host.hasList);
  if (host.destinations.length === 0) return <EmptyState title="host.destinations-none" />;
  return (
    <DataTable
      name={`sekisho-host-${host.address}`}
      columns={columns}
      rows={host.destinations}
      keyOf={(row) => row.destination}
      total={host.destinations.length}
      sort={readSort(search.sort)}
      onSort={(sort) =>
        void navigate({
          to: "/traffic/hosts/$address",
          params: { address: host.address },
          search: { ...search, sort: printSort(sort) },
          resetScroll: false,
        })
      }
    />
  );
}

function useColumns(hasList: boolean): Column<Row>[] {
  const { say, language } = useWords();
  return useMemo(() => {
    const list: Column<Row> = {
      key: "list",
      label: "host.on-list",
      rank: 2,
      text: (row) => say(row.onList ? "host.on-list-yes" : "host.on-list-no"),
      sort: (row) => (row.onList ? 1 : 0),
      show: (row) => (
        <Mark loudness={row.onList ? "plain" : "attention"}>
          {say(row.onList ? "host.on-list-yes" : "host.on-list-no")}
        </Mark>
      ),
    };
    const time = (key: "firstAt" | "lastAt", label: "traffic.first-at" | "traffic.last-at", rank: 2 | 3) => ({
      key,
      label,
      rank,
      text: (row: Row) => row[key],
      sort: (row: Row) => row[key],
      show: (row: Row) => <Moment at={row[key]} />,
    });
    const bytes = (key: "sent" | "received", rank: 2 | 3) => ({
      key,
      label: `traffic.${key}` as const,
      rank,
      numeric: true,
      text: (row: Row) => byteSize(row[key], language),
      sort: (row: Row) => row[key],
    });
    return [
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
      ...(hasList ? [list] : []),
      bytes("sent", 2),
      bytes("received", 3),
      {
        key: "connections",
        label: "traffic.connection-count",
        rank: 3,
        numeric: true,
        text: (row) => row.connections.toLocaleString(language),
        sort: (row) => row.connections,
      },
      {
        key: "hosts",
        label: "host.others",
        rank: 4,
        numeric: true,
        text: (row) => String(row.hosts),
        sort: (row) => row.hosts,
      },
      time("firstAt", "traffic.first-at", 3),
      time("lastAt", "traffic.last-at", 2),
    ];
  }, [say, language, hasList]);
}
