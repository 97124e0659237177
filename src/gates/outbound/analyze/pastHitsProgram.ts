import { Inventory } from "../hosts.ts";
import { suppress } from "../judge/suppress.ts";
import { openDuck } from "../../../lib/openDuck.ts";
import { OutboundSettings } from "../settings.ts";
import { readIntelligenceInPart } from "./intelligence.ts";
import { KnownIndicators } from "./knownIndicators.ts";
import { findPastHits } from "./pastHits.ts";
import { serveProgram } from "./runProgram.ts";
import type { PastHitsAsked, PastHitsDone } from "./runPastHits.ts";

/** The process of one search: it may take its time or be ended, and the gate goes on listening. */
serveProgram(async (asked: PastHitsAsked): Promise<PastHitsDone> => {
  const settings = OutboundSettings.parse(asked.settings);
  const inventory = new Inventory(settings.internal, settings.hosts);
  const { intelligence: all } = await readIntelligenceInPart(settings.intel);
  const intelligence = (await KnownIndicators.read(asked.knownFile)).newIn(all);
  const duck = await openDuck({ memoryBytesMax: asked.memoryBytesMax, threads: 1 });
  try {
    const { findings, days } = await findPastHits(duck, asked.folder, { inventory, intelligence });
    await KnownIndicators.of(all).write(asked.nextFile);
    const given = {
      today: Temporal.Now.plainDateISO().toString(),
      nameOf: (address: string) => inventory.nameOf(address),
    };
    const marked = suppress(findings, settings.policy, given);
    return { findings: marked, indicators: intelligence.size, days };
  } finally {
    await duck.close();
  }
});
