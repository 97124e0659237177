import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import type { StagedFileRow } from "../../../station/services.ts";
import { byteSize } from "../formats.ts";
import { useWords, type Language, type Say } from "../language.ts";
import { Breakable } from "../parts/Breakable.tsx";
import { DataTable, type Column } from "../parts/DataTable.tsx";
import { useCountOfFile, wordOr, writerOf } from "../parts/FileFacts.tsx";
import { Mark } from "../parts/Mark.tsx";
import { Moment } from "../parts/Moment.tsx";
import { PageHead } from "../parts/PageHead.tsx";
import { useReadingName } from "../parts/ReadingMark.tsx";
import { RecordsFrame } from "../parts/RecordsFrame.tsx";
import { EmptyState, Shown } from "../parts/States.tsx";
import { stagedQuery } from "../recordsQueries.ts";
import { printSort, readSort } from "../sortInAddress.ts";

/** Files with personal data that appeared on watched hosts, and what the watch says of itself. */
export function FilesPage() {
  const { say } = useWords();
  const query = useQuery(stagedQuery);
  return (
    <>
      <PageHead title={say("records.tab.files")} lead={say("file.lead")} />
      <RecordsFrame>
        <Shown query={query}>
          {(rows) => (
            <>
              <Files rows={rows.filter(({ file }) => file !== null)} />
              <Watch rows={rows.filter(({ file }) => file === null)} />
            </>
          )}
        </Shown>
      </RecordsFrame>
    </>
  );
}

function Files({ rows }: { rows: StagedFileRow[] }) {
  const navigate = useNavigate();
  const search = useSearch({ from: "/records/files" });
  const columns = useColumns();
  if (rows.length === 0) return <EmptyState title="file.none" next="file.none-next" />;
  return (
    <section className="section">
      <DataTable
        name="sekisho-files"
        columns={columns}
        rows={rows}
        keyOf={(row) => row.id}
        total={rows.length}
        sort={readSort(search.sort)}
        onSort={(sort) => void navigate({ to: "/records/files", search: { sort: printSort(sort) } })}
        onOpen={({ id }) => void navigate({ to: "/records/events/$id", params: { id } })}
      />
    </section>
  );
}

/** A watch that does not see everything must not look like one that sees nothing. */
function Watch({ rows }: { rows: StagedFileRow[] }) {
  const { say } = useWords();
  const nameOf = useReadingName();
  if (rows.length === 0) return null;
  return (
    <section className="section">
      <h2>{say("file.watch")}</h2>
      <ul className="lines">
        {rows.map((row) => (
          <li key={row.id} className="row">
            <Mark loudness="attention">
              <Link to="/records/events/$id" params={{ id: row.id }}>
                {nameOf(row)}
              </Link>
            </Mark>
            <span className="soft">
              <Moment at={row.at} />
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function useColumns(): Column<StagedFileRow>[] {
  const { say, language } = useWords();
  const countOf = useCountOfFile();
  return useMemo(() => {
    const columns: Column<StagedFileRow>[] = [
      {
        key: "path",
        label: "file.path",
        rank: 1,
        text: ({ file }) => file?.path ?? "",
        sort: ({ file }) => file?.path ?? "",
        show: ({ id, file }) => (
          <Link to="/records/events/$id" params={{ id }}>
            <Breakable text={file?.path ?? ""} />
          </Link>
        ),
      },
      {
        key: "records",
        label: "file.records",
        rank: 2,
        numeric: true,
        text: ({ file }) => (file === null ? "" : countOf(file)),
        sort: ({ file }) => file?.records ?? 0,
      },
      {
        key: "items",
        label: "file.items",
        rank: 3,
        text: ({ file }) =>
          Object.keys(file?.items ?? {})
            .map((kind) => wordOr(say, `personal.${kind}`, kind))
            .join(say("answer.comma")),
      },
      {
        key: "writer",
        label: "file.writer",
        rank: 2,
        text: ({ file }) => (file === null ? "" : writerOf(file, say)),
        sort: ({ file }) => (file === null ? "" : writerOf(file, say)),
      },
      ...keptColumns(say, language),
    ];
    return columns;
  }, [say, language, countOf]);
}

/** What became of a file, and what of it lies in evidence. */
function keptColumns(say: Say, language: Language): Column<StagedFileRow>[] {
  return [
    {
      key: "size",
      label: "file.size",
      rank: 4,
      numeric: true,
      text: ({ file }) => byteSize(file?.bytes ?? 0, language),
      sort: ({ file }) => file?.bytes ?? 0,
    },
    {
      key: "occasion",
      label: "file.occasion",
      rank: 3,
      text: ({ file }) => (file === null ? "" : wordOr(say, `file.occasion.${file.occasion}`, file.occasion)),
      sort: ({ file }) => file?.occasion ?? "",
    },
    {
      key: "kept",
      label: "file.kept",
      rank: 2,
      text: ({ file }) => (file === null ? "" : say(`file.kept.${file.kept}`)),
      sort: ({ file }) => file?.kept ?? "",
      show: ({ file }) =>
        file === null ? null : (
          <Mark loudness={file.kept === "nothing" ? "attention" : "held"}>
            {say(`file.kept.${file.kept}`)}
          </Mark>
        ),
    },
    {
      key: "at",
      label: "reading.at",
      rank: 2,
      text: (row) => row.at,
      sort: (row) => row.at,
      show: (row) => <Moment at={row.at} />,
    },
  ];
}
