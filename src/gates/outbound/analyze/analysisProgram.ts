import { Inventory } from "../hosts.ts";
import { Places } from "../places.ts";
import { openDuck } from "../../../lib/openDuck.ts";
import { viewRecord } from "../record/readRecord.ts";
import { OutboundSettings } from "../settings.ts";
import { analyzeTraffic } from "./analyzeTraffic.ts";
import { readIntelligenceInPart } from "./intelligence.ts";
import { serveProgram } from "./runProgram.ts";
import type { AnalysisAsked, AnalysisDone } from "./runAnalysis.ts";

/** The process of one analysis: it may take its time or be ended, and the gate goes on listening. */
async function analyze(asked: AnalysisAsked): Promise<AnalysisDone> {
  const settings = OutboundSettings.parse(asked.settings);
  const { intelligence } = await readIntelligenceInPart(settings.intel);
  const duck = await openDuck({ memoryBytesMax: asked.memoryBytesMax, threads: 1 });
  try {
    await viewRecord(duck, asked.folder, { since: asked.since, until: asked.until });
    const analysis = await analyzeTraffic(duck, {
      inventory: new Inventory(settings.internal, settings.hosts),
      policy: settings.policy,
      intelligence,
      places: await Places.open(settings.asnFiles),
      guessInternal: false,
      rolling: asked.rolling,
      pairsMax: 1,
      today: asked.today,
    });
    return { findings: analysis.findings, pairs: analysis.pairsSeen, hosts: analysis.hosts };
  } finally {
    await duck.close();
  }
}

serveProgram(analyze);
