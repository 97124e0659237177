import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import type { HeldMailView, LedgerRow, Purpose } from "../../station/services.ts";
import { api, read } from "./api.ts";
import { dayStart } from "./formats.ts";

export const PAGE_ROWS = 100;
const EXPORT_ROWS_MAX = 100_000;
const EXPORT_PAGE_ROWS = 500;

export type MailSearch = { state?: string; reason?: string; text?: string };
type MailPage = Awaited<ReturnType<typeof fetchMails>>;

function fetchMails(search: MailSearch, page: { before?: string; limit: number }) {
  const query: Record<string, string> = { ...search, limit: String(page.limit) };
  if (page.before !== undefined) query["before"] = page.before;
  return read(api.mails.$get({ query }));
}

/** Held mails by page, newest first. */
export function mailsQuery(search: MailSearch) {
  return infiniteQueryOptions({
    queryKey: ["mails", search],
    queryFn: ({ pageParam }) => fetchMails(search, { ...pageParam, limit: PAGE_ROWS }),
    initialPageParam: {} as { before?: string },
    getNextPageParam: (last: MailPage, pages: MailPage[]) => {
      const loaded = pages.reduce((total, page) => total + page.rows.length, 0);
      const row = last.rows.at(-1);
      if (row === undefined || loaded >= last.total) return undefined;
      return { before: `${row.receivedAt}~${row.mail}` };
    },
    refetchInterval: (query) => ((query.state.data?.pages.length ?? 1) === 1 ? 15_000 : false),
  });
}

/** All that fit, for an export, page after page. */
export async function fetchAllMails(search: MailSearch): Promise<MailPage["rows"]> {
  const rows: MailPage["rows"] = [];
  let before: string | undefined;
  while (rows.length < EXPORT_ROWS_MAX) {
    const page = await fetchMails(search, {
      limit: EXPORT_PAGE_ROWS,
      ...(before === undefined ? {} : { before }),
    });
    rows.push(...page.rows);
    before = page.rows.at(-1)?.receivedAt;
    if (before === undefined || rows.length >= page.total) break;
  }
  return rows;
}

/** What the mails are that decisions wait for: the same rows as on the desk, by id. */
export const decidedMailsQuery = queryOptions({
  queryKey: ["decided-mails"],
  queryFn: async () => {
    const { rows } = await fetchMails({}, { limit: 500 });
    return new Map(rows.map((row) => [row.mail, row]));
  },
  refetchInterval: 30_000,
});

/** One row of the desk, for a page that was opened by its address. */
export function mailRowQuery(mail: string) {
  return queryOptions({
    queryKey: ["mail-row", mail],
    queryFn: async () => {
      const { rows } = await fetchMails({ text: mail }, { limit: 5 });
      return rows.find((row) => row.mail === mail) ?? null;
    },
    refetchInterval: 10_000,
  });
}

/** The content of a held mail. To ask is an entry in the ledger, so it is asked once, for a purpose. */
export async function openMail(mail: string, purpose: Purpose): Promise<HeldMailView> {
  const asked = api.mails[":mail"].open.$post({ param: { mail }, json: { purpose } });
  return (await read(asked)) as HeldMailView;
}

export const decisionsQuery = queryOptions({
  queryKey: ["decisions"],
  queryFn: () => read(api.decisions.$get({ query: { limit: "500" } })),
  refetchInterval: 15_000,
});

export function decisionQuery(id: string) {
  return queryOptions({
    queryKey: ["decision", id],
    queryFn: () => read(api.decisions[":id"].$get({ param: { id } })),
    refetchInterval: 5_000,
  });
}

export const statusQuery = queryOptions({
  queryKey: ["status"],
  queryFn: () => read(api.station.status.$get()),
  refetchInterval: 10_000,
});

export const ratesQuery = queryOptions({
  queryKey: ["rates"],
  queryFn: () => read(api.station.rates.$get({ query: { minutes: "60" } })),
  refetchInterval: 15_000,
});

export const reasonsQuery = queryOptions({
  queryKey: ["reasons"],
  queryFn: () => read(api.station.reasons.$get()),
  refetchInterval: 15_000,
});

export const recentQuery = queryOptions({
  queryKey: ["recent"],
  queryFn: () => read(api.station.recent.$get({ query: { limit: "60" } })),
  // Read anew whenever the page is entered; while it is shown, the live line brings what is new.
  staleTime: Number.POSITIVE_INFINITY,
  gcTime: 0,
});

export type LedgerSearch = {
  text?: string;
  kind?: string;
  code?: string;
  about?: string;
  since?: string;
  until?: string;
};
type LedgerPage = Awaited<ReturnType<typeof fetchLedger>>;

function fetchLedger(search: LedgerSearch, zone: string, page: { beforeIndex?: number; limit: number }) {
  const query: Record<string, string> = { limit: String(page.limit) };
  for (const [key, value] of Object.entries(search)) {
    if (value !== "" && key !== "since" && key !== "until") query[key] = value;
  }
  if (isDate(search.since)) query["since"] = dayStart(search.since, zone);
  // "Until" a day means to its end.
  if (isDate(search.until)) query["until"] = dayStart(search.until, zone, 1);
  if (page.beforeIndex !== undefined) query["beforeIndex"] = String(page.beforeIndex);
  return read(api.ledger.$get({ query }));
}

/** Ledger entries by page, newest first. */
export function ledgerQuery(search: LedgerSearch, zone: string) {
  return infiniteQueryOptions({
    queryKey: ["ledger", search],
    queryFn: ({ pageParam }) => fetchLedger(search, zone, { ...pageParam, limit: PAGE_ROWS }),
    initialPageParam: {} as { beforeIndex?: number },
    getNextPageParam: (last: LedgerPage) => {
      const beforeIndex = last.rows.at(-1)?.index;
      return last.rows.length < PAGE_ROWS || beforeIndex === undefined ? undefined : { beforeIndex };
    },
  });
}

/** All that fit, for an export, page after page. */
export async function fetchAllLedger(search: LedgerSearch, zone: string): Promise<LedgerRow[]> {
  const rows: LedgerRow[] = [];
  let beforeIndex: number | undefined;
  while (rows.length < EXPORT_ROWS_MAX) {
    const page = { limit: EXPORT_PAGE_ROWS, ...(beforeIndex === undefined ? {} : { beforeIndex }) };
    const found = (await fetchLedger(search, zone, page)).rows as LedgerRow[];
    rows.push(...found);
    beforeIndex = found.at(-1)?.index;
    if (found.length < EXPORT_PAGE_ROWS) break;
  }
  return rows;
}

function isDate(text: string | undefined): text is string {
  return text !== undefined && /^\d{4}-\d{2}-\d{2}$/.test(text);
}

export function walkQuery(id: string) {
  return queryOptions({
    queryKey: ["walk", id],
    queryFn: () => read(api.ledger[":id"].walk.$get({ param: { id } })),
  });
}

export const peopleQuery = queryOptions({
  queryKey: ["people"],
  queryFn: () => read(api.people.$get()),
});

/** When the case of 2016 was played here last, with what came out. */
export const replayQuery = queryOptions({
  queryKey: ["replay"],
  queryFn: () => read(api.ledger.$get({ query: { code: "replay-ended", limit: "1" } })),
  refetchInterval: 10_000,
});
