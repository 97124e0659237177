import type { Duck } from "../../../lib/openDuck.ts";
import type { ScoredPair } from "../judge/pair.ts";
import type { Analysis } from "./analyzeTraffic.ts";

/** What a beacon's drawing is made of: when it called and how much it sent. Seconds since 1970, bytes. */
export type PairPlot = { pair: ScoredPair; times: number[]; sizes: number[] };

/** Who talks to whom: hosts of ours against other sides, by bytes sent. */
export type MatrixPlot = { hosts: string[]; others: string[]; sent: number[][] };

export type Plots = { pairs: PairPlot[]; matrix: MatrixPlot };

const pairsDrawn = 12;
const contactsDrawn = 5_000;
const hostsDrawn = 30;
const othersDrawn = 40;

/** Gathers what the report draws; the tables of `analyzeTraffic` must still be there. */
export async function gatherPlots(duck: Duck, analysis: Analysis): Promise<Plots> {
  if (analysis.span === null) return { pairs: [], matrix: { hosts: [], others: [], sent: [] } };
  const pairs: PairPlot[] = [];
  for (const pair of analysis.pairs.filter(({ own }) => own !== null).slice(0, pairsDrawn)) {
    const rows = await duck.rows<{ at: number; size: number }>(
      `SELECT epoch_us(seen_at) / 1e6 AS "at", coalesce(orig_ip_bytes, orig_bytes, 0)::DOUBLE AS size
       FROM contact WHERE src = $1 AND dst = $2 AND NOT open ORDER BY 1 LIMIT ${contactsDrawn}`,
      [pair.src, pair.dst],
    );
    pairs.push({ pair, times: rows.map(({ at }) => at), sizes: rows.map(({ size }) => size) });
  }
  return { pairs, matrix: await gatherMatrix(duck) };
}

async function gatherMatrix(duck: Duck): Promise<MatrixPlot> {
  const rows = await duck.rows<{ src: string; dst: string; sent: number }>(`
    WITH outwards AS (SELECT src, dst, coalesce(sent, 0)::DOUBLE AS sent FROM pair WHERE outwards),
      busy AS (SELECT src FROM outwards GROUP BY src ORDER BY sum(sent) DESC LIMIT ${hostsDrawn}),
      wanted AS (SELECT dst FROM outwards GROUP BY dst ORDER BY sum(sent) DESC LIMIT ${othersDrawn})
    SELECT src, dst, sent FROM outwards
    WHERE src IN (SELECT src FROM busy) AND dst IN (SELECT dst FROM wanted)
    ORDER BY src, dst`);
  const hosts = [...new Set(rows.map(({ src }) => src))];
  const others = [...new Set(rows.map(({ dst }) => dst))];
  const sent = hosts.map(() => others.map(() => 0));
  for (const row of rows) (sent[hosts.indexOf(row.src)] as number[])[others.indexOf(row.dst)] = row.sent;
  return { hosts, others, sent };
}
