import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import type { RecordsEventRow, RecordsEventView, RecordsPurpose } from "../../station/services.ts";
import type { DecisionView } from "../../station/services.ts";
import { api, read } from "./api.ts";
import { signChallenge } from "./passkeys.ts";
import { PAGE_ROWS } from "./queries.ts";

export const READER_HOURS = ["24", "72", "168"] as const;
export type ReaderHours = (typeof READER_HOURS)[number];

/** The span of an address; a day where it says nothing or something else. */
export function readReaderHours(text: string | undefined): ReaderHours {
  return READER_HOURS.find((hours) => hours === text) ?? "24";
}

export function readersQuery(hours: ReaderHours) {
  return queryOptions({
    queryKey: ["readers", hours],
    queryFn: () => read(api.records.readers.$get({ query: { hours } })),
    refetchInterval: 15_000,
    placeholderData: keepPreviousData,
  });
}

export type ReadingSearch = Partial<
  Record<"kind" | "person" | "state" | "code" | "severity" | "text", string>
>;
type ReadingPage = Awaited<ReturnType<typeof fetchReadings>>;

function fetchReadings(search: ReadingSearch, page: { before?: string; limit: number }) {
  const query: Record<string, string> = { ...search, limit: String(page.limit) };
  if (page.before !== undefined) query["before"] = page.before;
  return read(api.records.events.$get({ query }));
}

function placeOf(row: RecordsEventRow | undefined): string | undefined {
  return row === undefined ? undefined : `${row.at}~${row.id}`;
}

/** Events of the records gate by page, newest first. */
export function readingsQuery(search: ReadingSearch) {
  return infiniteQueryOptions({
    queryKey: ["readings", search],
    queryFn: ({ pageParam }) => fetchReadings(search, { ...pageParam, limit: PAGE_ROWS }),
    initialPageParam: {} as { before?: string },
    getNextPageParam: (last: ReadingPage, pages: ReadingPage[]) => {
      const loaded = pages.reduce((total, page) => total + page.rows.length, 0);
      const before = placeOf(last.rows.at(-1));
      return before === undefined || loaded >= last.total ? undefined : { before };
    },
    refetchInterval: (query) => ((query.state.data?.pages.length ?? 1) === 1 ? 10_000 : false),
  });
}

const EXPORT_ROWS_MAX = 100_000;

/** All that fit, for an export, page after page. */
export async function fetchAllReadings(search: ReadingSearch): Promise<RecordsEventRow[]> {
  const rows: RecordsEventRow[] = [];
  let before: string | undefined;
  while (rows.length < EXPORT_ROWS_MAX) {
    const page = await fetchReadings(search, { limit: 500, ...(before === undefined ? {} : { before }) });
    rows.push(...page.rows);
    before = placeOf(page.rows.at(-1));
    if (before === undefined || rows.length >= page.total) break;
  }
  return rows;
}

/** One event. To ask is an entry in the ledger, so it is asked once. */
export function readingQuery(id: string, reveal: RecordsPurpose | null) {
  return queryOptions({
    queryKey: ["reading", id, reveal],
    queryFn: async (): Promise<RecordsEventView> =>
      read(api.records.events[":id"].open.$post({ param: { id }, json: { reveal } })),
    staleTime: Number.POSITIVE_INFINITY,
    placeholderData: keepPreviousData,
  });
}

export const waitingQuery = queryOptions({
  queryKey: ["approvals"],
  queryFn: () => read(api.records.approvals.$get()),
  refetchInterval: 3_000,
});

export function approvalQuery(id: string) {
  return queryOptions({
    queryKey: ["approval", id],
    queryFn: () => read(api.records.approvals[":id"].$get({ param: { id } })),
    refetchInterval: 3_000,
  });
}

/** Signs exactly this reading with a passkey of this device, and sends the approval. */
export async function approveReading(id: string, reason: string): Promise<DecisionView> {
  const param = { id };
  const { nonce, publicKey } = await read(api.records.approvals[":id"].begin.$post({ param }));
  const assertion = await signChallenge(publicKey);
  const json = { nonce, assertion, reason };
  return read(api.records.approvals[":id"].approve.$post({ param, json }));
}

export const columnsQuery = queryOptions({
  queryKey: ["personal-columns"],
  queryFn: () => read(api.records.columns.$get()),
  refetchInterval: 30_000,
});

export const canariesQuery = queryOptions({
  queryKey: ["canaries"],
  queryFn: () => read(api.records.canaries.$get()),
  refetchInterval: 15_000,
});

export const stagedQuery = queryOptions({
  queryKey: ["staged"],
  queryFn: () => read(api.records.files.$get({ query: { limit: "500" } })),
  refetchInterval: 15_000,
});
